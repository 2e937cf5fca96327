import re

import pytest

from mmfer.synthetic.layouts.cremad import MAKER, make


def test_paths_and_table():
    layout = make(0, 10, 4)
    assert len(layout.clips) == 60
    names = {'ANG': 'anger', 'DIS': 'disgust', 'FEA': 'fear', 'HAP': 'happiness',
             'NEU': 'neutral', 'SAD': 'sadness'}
    for clip in layout.clips:
        match = re.fullmatch(r'VideoFlash/(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX)\.flv',
                             clip.path)
        assert clip.label == names[match[3]]
        assert clip.person == match[1]
        assert (match[2] == 'IEO') == (match[4] != 'XX')
    lines = layout.files['VideoDemographics.csv'].decode().splitlines()
    assert lines[0] == '"ActorID","Age","Sex","Race","Ethnicity"'
    assert len(lines) == 11
    pattern = r'1\d{3},\d\d,"(Fem|M)ale","[A-Za-z ]+","(Not )?Hispanic"'
    assert all(re.fullmatch(pattern, line) for line in lines[1:])
    assert [line[:4] for line in lines[1:]] == sorted({clip.person for clip in layout.clips})
    assert (lines[1][:4], lines[-1][:4]) == ('1001', '1091')


def test_settings():
    assert make(3, 5, 9) == make(3, 5, 9)
    assert make(3, 5, 9) != make(4, 5, 9)
    assert make(0, 5, 4, suffix='mp4').clips[0].path.endswith('.mp4')
    assert {clip.person for clip in make(0, 91, 4).clips} == {str(1001 + n) for n in range(91)}
    assert MAKER.name == 'cremad'
    with pytest.raises(ValueError, match='subjects is 1;'):
        make(0, 1, 4)
