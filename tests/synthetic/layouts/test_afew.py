import re

import pytest

from mmfer.synthetic.layouts.afew import MAKER, make

EXPRESSIONS = {'Angry': 'anger', 'Disgust': 'disgust', 'Fear': 'fear', 'Happy': 'happiness',
               'Neutral': 'neutral', 'Sad': 'sadness', 'Surprise': 'surprise'}


def test_paths():
    layout = make(0, 42, 5)
    assert len({clip.path for clip in layout.clips}) == 42
    found = set()
    for clip in layout.clips:
        match = re.fullmatch(r'(Train|Val)_AFEW/([A-Z][a-z]+)/\d{9}\.avi', clip.path)
        assert clip.label == EXPRESSIONS[match[2]]
        assert 2 <= clip.num_frames <= 5
        assert clip.template is None
        found.add((match[1], match[2]))
    assert found == {(part, name) for part in ('Train', 'Val') for name in EXPRESSIONS}
    assert sum(clip.path.startswith('Val_') for clip in layout.clips) == 14
    assert layout.files == {}


def test_other_media_and_case():
    plain = [clip.path for clip in make(0, 14, 5).clips]
    assert [clip.path for clip in make(0, 14, 5, media='mp4').clips] == [
        path.replace('.avi', '.mp4') for path in plain]
    folders = make(0, 14, 5, media='frames', lower_case=True).clips
    assert [clip.path for clip in folders] == [
        path.replace('.avi', '').replace('_AFEW', '_afew').replace('Train', 'train')
        .replace('Val', 'val') for path in plain]
    assert folders[0].files[1] == f'{folders[0].path}/00001.jpg'


def test_settings():
    assert make(3, 14, 9) == make(3, 14, 9)
    assert make(3, 14, 9) != make(4, 14, 9)
    assert MAKER.name == 'afew'
    with pytest.raises(ValueError, match='clips is 13'):
        make(0, 13, 4)
