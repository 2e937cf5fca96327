import sys

import cv2
import numpy as np
import pytest

from mmfer.corpora.media import count_video_frames, image_problem
from mmfer.errors import MediaError

POINTER = b'version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'
IMAGE = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize('suffix', ['.png', '.jpg', '.bmp', '.webp', '.tiff'])
def test_whole_images_pass(tmp_path, suffix):
    path = tmp_path / f'x{suffix}'
    path.write_bytes(cv2.imencode(suffix, IMAGE)[1].tobytes())
    assert image_problem(path) == ''


@pytest.mark.parametrize('suffix', ['.png', '.jpg', '.bmp', '.webp'])
@pytest.mark.parametrize('cut', [1, 300])
def test_truncated_images(tmp_path, suffix, cut):
    path = tmp_path / f'x{suffix}'
    path.write_bytes(cv2.imencode(suffix, IMAGE)[1].tobytes()[:-cut])
    assert image_problem(path) == 'truncated image'


def test_other_files(tmp_path):
    path = tmp_path / 'x.png'
    path.write_bytes(b'')
    assert image_problem(path) == 'empty file'
    path.write_bytes(b'<html>not found</html>')
    assert image_problem(path).startswith('not a PNG')
    path.write_bytes(POINTER)
    assert 'git lfs pull' in image_problem(path)
    assert 'cannot be read' in image_problem(tmp_path / 'none.png')


def test_bytes_after_the_end_are_fine(tmp_path):
    path = tmp_path / 'x.jpg'
    path.write_bytes(cv2.imencode('.jpg', IMAGE)[1].tobytes() + b'\0' * 100)
    assert image_problem(path) == ''


def write_video(path, frames):
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (32, 32))
    for _ in range(frames):
        writer.write(IMAGE[:32, :32])
    writer.release()


@pytest.mark.parametrize('reader', ['decord', 'av'])
def test_frames_of_a_video(tmp_path, monkeypatch, reader):
    pytest.importorskip(reader)
    if reader == 'av':
        monkeypatch.setitem(sys.modules, 'decord', None)
    write_video(tmp_path / 'ü.mp4', 7)
    assert count_video_frames(tmp_path / 'ü.mp4') == 7
    (tmp_path / 'cut.mp4').write_bytes(b'nothing')
    for name in ('cut.mp4', 'none.mp4'):
        with pytest.raises(MediaError, match=name):
            count_video_frames(tmp_path / name)
    (tmp_path / 'cut.mp4').write_bytes(POINTER)
    with pytest.raises(MediaError, match='git lfs pull'):
        count_video_frames(tmp_path / 'cut.mp4')


def test_without_a_decoder(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'decord', None)
    monkeypatch.setitem(sys.modules, 'av', None)
    with pytest.raises(MediaError, match='pip install'):
        count_video_frames(tmp_path / 'x.mp4')
