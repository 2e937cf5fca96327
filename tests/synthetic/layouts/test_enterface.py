import pytest

from mmfer.synthetic.layouts.enterface import MAKER, make


def test_paths():
    layout = make(0, 44, 4, sentences=5)
    paths = {clip.path: clip for clip in layout.clips}
    assert len(paths) == 43 * 30 + 6
    assert paths['subject 1/anger/sentence 1/s1_an_1.avi'].label == 'anger'
    assert paths['subject 44/surprise/sentence 5/s44_su_5.avi'].person == 'subject-44'
    assert paths['subject 6/happiness/s6_ha.avi'].label == 'happiness'
    assert not any('subject 6/' in path and 'sentence' in path for path in paths)
    assert layout.files == {}
    labels = {path.split('/')[1] for path in paths}
    assert labels == {'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise'}
    assert all(clip.label == path.split('/')[1] for path, clip in paths.items())


def test_settings():
    assert make(3, 5, 9) == make(3, 5, 9)
    assert make(3, 5, 9) != make(4, 5, 9)
    assert make(0, 1, 4, joiner='-').clips[0].path == 'subject-1/anger/sentence-1/s1_an_1.avi'
    assert MAKER.name == 'enterface'
    with pytest.raises(ValueError, match='subjects is 45'):
        make(0, 45, 4)
    with pytest.raises(ValueError, match='sentences is 6'):
        make(0, 2, 4, sentences=6)
