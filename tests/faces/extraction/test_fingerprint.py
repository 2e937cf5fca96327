from __future__ import annotations

import hashlib
import os

import pytest

from mmfer.errors import MediaError
from mmfer.faces.extraction.fingerprint import fingerprint, is_same, is_untouched
from mmfer.faces.extraction.plan import Clip


@pytest.fixture
def video(tmp_path):
    path = tmp_path / 'v.mp4'
    path.write_bytes(b'frames' * 1000)
    return Clip('v', str(path), 'video', 6000)


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        (tmp_path / f'{number}.png').write_bytes(b'%d' % number)
    (tmp_path / 'notes.txt').write_text('no frame')
    return Clip('f', str(tmp_path), 'folder', 3)


def test_of_a_file(video):
    mark = fingerprint(video)
    with open(video.path, 'rb') as file:
        assert mark.sha256 == hashlib.sha256(file.read()).hexdigest()
    assert (mark.files, mark.size) == (1, 6000)
    assert is_untouched(video, mark.to_dict()) and is_same(video, mark.to_dict())


def test_another_time_is_no_other_content(video, monkeypatch):
    mark = fingerprint(video).to_dict()
    os.utime(video.path, ns=(0, 0))
    assert not is_untouched(video, mark) and is_same(video, mark)
    with open(video.path, 'r+b') as file:
        file.write(b'F')
    assert not is_same(video, mark)


def test_content_is_read_only_where_the_time_differs(video, monkeypatch):
    mark = fingerprint(video).to_dict()
    monkeypatch.setattr('mmfer.faces.extraction.fingerprint.fingerprint', None)
    assert is_same(video, mark)


@pytest.mark.parametrize('change', ['content', 'name', 'more', 'less', 'swap'])
def test_of_a_folder(folder, tmp_path, change):
    mark = fingerprint(folder).to_dict()
    assert mark['files'] == 3 and is_same(folder, mark)
    (tmp_path / 'notes.txt').write_text('still no frame')
    assert is_same(folder, mark)
    first, second = tmp_path / '0.png', tmp_path / '1.png'
    if change == 'content':
        first.write_bytes(b'9')
        os.utime(first, ns=(0, 0))
    elif change == 'name':
        first.rename(tmp_path / '7.png')
    elif change == 'more':
        (tmp_path / '7.png').write_bytes(b'')
    elif change == 'less':
        first.unlink()
    else:
        first.rename(tmp_path / 'x'), second.rename(first), (tmp_path / 'x').rename(second)
    assert not is_untouched(folder, mark) and not is_same(folder, mark)


def test_missing_media_are_named(tmp_path):
    clip = Clip('v', str(tmp_path / 'gone.mp4'), 'video', 0)
    with pytest.raises(MediaError, match='gone.mp4 cannot be read'):
        fingerprint(clip)
    assert not is_untouched(clip, {})
