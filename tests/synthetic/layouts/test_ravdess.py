import pytest

from mmfer.synthetic.layouts.ravdess import MAKER, make


def test_a_whole_copy_has_the_published_counts():
    speech = make(0, 24, 3, takes=8)
    assert len(speech.clips) == 1440
    assert speech.clips[0].path == 'Actor_01/02-01-01-01-01-01-01.mp4'
    song = make(0, 24, 3, channel='song', takes=8)
    assert len(song.clips) == 1012
    assert not any(clip.path.startswith('Actor_18/') for clip in song.clips)
    assert len({clip.path for clip in make(0, 24, 3, 'both', 'both', 8).clips}) == 2 * (1440 + 1012)
    assert speech.files == {}


def test_labels_are_the_third_number():
    names = {'01': 'neutral', '02': 'calm', '03': 'happiness', '04': 'sadness', '05': 'anger',
             '06': 'fear', '07': 'disgust', '08': 'surprise'}
    for clip in make(0, 2, 3, takes=2).clips:
        name = clip.path.split('/')[1]
        assert clip.label == names[name[6:8]]
        assert clip.path[6:8] == name[18:20] == clip.person[-2:]
    assert len(make(0, 2, 3).clips) == 16


def test_settings():
    assert make(3, 2, 9) == make(3, 2, 9)
    assert make(3, 2, 9) != make(4, 2, 9)
    assert MAKER.name == 'ravdess'
    with pytest.raises(ValueError, match='subjects is 25'):
        make(0, 25, 4)
    with pytest.raises(ValueError, match='takes is 9'):
        make(0, 2, 4, takes=9)
