import pytest

from mmfer.synthetic.layouts.mmi import MAKER, make


def test_paths_and_descriptions():
    layout = make(0, 2, 4)
    assert [clip.path for clip in layout.clips] == [
        'Sessions/1/S001-001.avi', 'Sessions/2/S001-002.avi', 'Sessions/3/S001-003.avi',
        'Sessions/4/S002-001.avi', 'Sessions/5/S002-002.avi', 'Sessions/6/S002-003.avi']
    assert [clip.label for clip in layout.clips] == [
        'happiness', 'sadness', 'surprise', 'anger', 'disgust', 'fear']
    assert set(layout.files) == {
        'Sessions/1/session.xml', 'Sessions/1/S001-001.xml', 'Sessions/1/S001-001-oao_aucs.xml',
        'Sessions/2/session.xml', 'Sessions/2/S001-002.xml',
        'Sessions/3/session.xml', 'Sessions/3/S001-003.xml',
        'Sessions/4/session.xml', 'Sessions/4/S002-001.xml', 'Sessions/4/S002-001-oao_aucs.xml',
        'Sessions/5/session.xml', 'Sessions/5/S002-002.xml',
        'Sessions/6/session.xml', 'Sessions/6/S002-003.xml'}
    assert b'<Metatag Name="Emotion" Value="4"/>' in layout.files['Sessions/1/S001-001.xml']
    session = layout.files['Sessions/5/session.xml']
    assert b'<subject id="2"' in session
    assert b'view="0"' in session


def test_odd_sessions():
    layout = make(0, 1, 4, odd=True)
    views = [layout.files[f'Sessions/{n}/session.xml'].split(b'view="')[1][:1]
             for n in range(1, 7)]
    assert views == [b'0', b'0', b'0', b'2', b'1', b'0']
    assert b'Value="7"' in layout.files['Sessions/6/S001-006.xml']
    assert layout.clips[5].label is None


def test_settings():
    assert make(3, 5, 9) == make(3, 5, 9)
    assert make(3, 5, 9) != make(4, 5, 9)
    assert MAKER.name == 'mmi'
    with pytest.raises(ValueError, match='subjects is 0'):
        make(0, 0, 4)
