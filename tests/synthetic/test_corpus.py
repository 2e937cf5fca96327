import json

import cv2
import numpy as np
import pytest

from mmfer.corpora.media import count_video_frames
from mmfer.errors import CorpusError
from mmfer.synthetic.corpus import ClipPlan, Layout, claim, write_corpus, write_image, write_video

CLIPS = (
    ClipPlan('a/01', 'anna', 'happiness', 3, '{:03d}.png', frozenset({2}), first=0),
    ClipPlan('a/ü 02.mp4', 'anna', 'calm', 4), ClipPlan('b.avi', 'ben', 'neutral', 2),
    ClipPlan('c.flv', 'ben', None, 2), ClipPlan('d.jpg', 'cleo', 'fear', 5))
LAYOUT = Layout(CLIPS, {'lists/x.csv': b'a,b\n'})


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes()
            for path in root.rglob('*') if path.is_file()}


def write(root, **settings):
    return write_corpus(root, 'x', LAYOUT, {'count': 5}, **{'size_px': 16, **settings})


def test_files_are_where_the_layout_says(tmp_path):
    counts = []
    written = write(tmp_path / 'x', progress=lambda *pair: counts.append(pair))
    assert (written.clips, written.people, written.written) == (5, 3, 5)
    assert counts[-1] == (5, 5)
    assert sorted(contents(tmp_path / 'x')) == [
        'a/01/000.png', 'a/01/002.png', 'a/ü 02.mp4', 'b.avi', 'c.flv', 'd.jpg', 'lists/x.csv',
        'synthetic.json']
    assert [count_video_frames(tmp_path / 'x' / name) for name in ('a/ü 02.mp4', 'b.avi')] == [
        4, 2]
    assert cv2.imread(str(tmp_path / 'x/d.jpg')).shape == (16, 16, 3)


def test_equal_seeds_give_equal_files_for_any_number_of_processes(tmp_path):
    write(tmp_path / 'a')
    write(tmp_path / 'b', workers=2)
    assert contents(tmp_path / 'a') == contents(tmp_path / 'b')
    write(tmp_path / 'c', seed=1)
    assert contents(tmp_path / 'a')['d.jpg'] != contents(tmp_path / 'c')['d.jpg']


def test_what_is_missing_is_added(tmp_path):
    write(tmp_path / 'x')
    before = contents(tmp_path / 'x')
    (tmp_path / 'x/a/01/000.png').unlink()
    assert write(tmp_path / 'x').written == 1
    assert contents(tmp_path / 'x') == before


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / 'real').mkdir()
    (tmp_path / 'real/face.jpg').write_bytes(b'x')
    with pytest.raises(CorpusError, match='may hold real data'):
        write(tmp_path / 'real')
    write(tmp_path / 'x')
    with pytest.raises(CorpusError, match='another folder'):
        write(tmp_path / 'x', seed=2)
    (tmp_path / 'x/synthetic.json').write_text('{')
    with pytest.raises(CorpusError, match='not readable'):
        write(tmp_path / 'x')
    with pytest.raises(ValueError, match='size_px is 8'):
        write(tmp_path / 'y', size_px=8)
    claim(tmp_path / 'z', {'a': 1}, lambda: {'more': 2})
    assert json.loads((tmp_path / 'z/synthetic.json').read_text()) == {
        'settings': {'a': 1}, 'more': 2}


def test_neutral_faces_stay_as_they_are(tmp_path):
    moving, still = (tmp_path / name for name in ('moving', 'still'))
    for root, label in ((moving, 'surprise'), (still, 'neutral')):
        plan = ClipPlan('c', 'anna', label, 8, '{:d}.png')
        write_corpus(root, 'x', Layout((plan, )), {}, size_px=48)
    changes = [np.abs(cv2.imread(str(root / 'c/1.png')).astype(int)
                      - cv2.imread(str(root / 'c/8.png'))).mean() for root in (moving, still)]
    assert changes[0] > changes[1]


def test_an_interrupted_video_leaves_nothing(tmp_path):
    def frames():
        yield np.zeros((16, 16, 3), np.uint8)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / 'v.avi', frames(), 16)
    assert list(tmp_path.iterdir()) == []


def test_grey_images(tmp_path):
    write_image(tmp_path / 'g.png', np.full((16, 16), 7, np.uint8))
    assert cv2.imread(str(tmp_path / 'g.png'), cv2.IMREAD_UNCHANGED).tolist() == [[7] * 16] * 16
