import cv2
import numpy as np
import pytest

from mmfer.corpora.clip_media import find_media
from mmfer.corpora.report import Report
from mmfer.errors import AnnotationError, CorpusError


def write_video(path, frames=4):
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, (32, 32))
    for _ in range(frames):
        writer.write(np.zeros((32, 32, 3), np.uint8))
    writer.release()


@pytest.mark.parametrize(('name', 'clip', 'frames'), [
    ('v.mp4', 'v.mp4', 'v.mp4'), ('v', 'v', 'v.mp4'), ('./sub/w', 'sub/w', 'sub/w.mp4'),
    ('sub\\w', 'sub/w', 'sub/w.mp4'),
])
def test_videos(tmp_path, name, clip, frames):
    write_video(tmp_path / 'v.mp4')
    write_video(tmp_path / 'sub/w.mp4')
    assert find_media(tmp_path, name, Report()) == {
        'clip': clip, 'frames': frames, 'num_frames': 4, 'start_index': 0}


@pytest.mark.parametrize('name', ['a b/ü.png', 'a b/ü', 'a b//ü.png'])
def test_images_are_clips_of_one_frame(tmp_path, put, name):
    put(tmp_path / 'a b/ü.png')
    row = find_media(tmp_path, name, Report())
    assert (row['frames'], row['num_frames']) == ('a b/ü.png', 1)


def test_suffixes_in_capitals(tmp_path, put):
    put(tmp_path / 'x.PNG')
    assert find_media(tmp_path, 'x', Report())['frames'] == 'x.PNG'


def test_frame_folders(tmp_path, put):
    put(tmp_path / 'c/01.png')
    put(tmp_path / 'c/02.png')
    assert find_media(tmp_path, 'c/', Report()) == {
        'clip': 'c', 'frames': 'c', 'num_frames': 2, 'filename_tmpl': '{:02d}.png',
        'start_index': 1}


def test_what_cannot_be_a_clip(tmp_path, put):
    put(tmp_path / 'cut.png', b'\x89PNG\r\n\x1a\n')
    put(tmp_path / 'cut.mp4', b'x')
    put(tmp_path / 'notes.txt')
    put(tmp_path / 'both.png')
    put(tmp_path / 'both.jpg')
    for name, message in [('none', 'names nothing'), ('cut.png', 'truncated'),
                          ('cut.mp4', 'cannot be opened'), ('notes.txt', 'neither a folder'),
                          ('both', r'names 2 files \(both.png, both.jpg\)'),
                          ('cut', 'names 2 files')]:
        with pytest.raises(CorpusError, match=message):
            find_media(tmp_path, name, Report())
    assert find_media(tmp_path, 'cut.png', Report(), verify=False)['num_frames'] == 1


@pytest.mark.parametrize('name', ['../x', '/etc/passwd', 'a/../../x', 'C:\\x', '..\\x', 'link'])
def test_paths_out_of_the_root(tmp_path, name, put):
    root = tmp_path / 'root'
    root.mkdir()
    put(tmp_path / 'x/1.png')
    (root / 'link').symlink_to(tmp_path / 'x')
    with pytest.raises(AnnotationError):
        find_media(root, name, Report())


def test_links_with_a_suffix_are_followed_no_further(tmp_path, put):
    put(tmp_path / 'x.png')
    (tmp_path / 'root').mkdir()
    (tmp_path / 'root/y.png').symlink_to(tmp_path / 'x.png')
    with pytest.raises(AnnotationError, match='symbolic link'):
        find_media(tmp_path / 'root', 'y', Report())
