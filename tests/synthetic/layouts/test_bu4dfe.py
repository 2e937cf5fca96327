import pytest

from mmfer.synthetic.layouts.bu4dfe import MAKER, make


def test_paths():
    layout = make(0, 101, 4)
    subjects = sorted({clip.person for clip in layout.clips})
    assert len(subjects) == 101
    assert len(layout.clips) == 606
    assert subjects[57:59] == ['F058', 'M001']
    assert subjects[-1] == 'M043'
    clip = layout.clips[0]
    assert (clip.path, clip.label) == ('F001/Angry', 'anger')
    assert list(clip.files.values())[:2] == ['F001/Angry/000.jpg', 'F001/Angry/001.jpg']
    assert {clip.path.split('/')[1] for clip in layout.clips} == {
        'Angry', 'Disgust', 'Fear', 'Happy', 'Sad', 'Surprise'}
    assert all(2 <= clip.num_frames <= 4 for clip in layout.clips)


def test_a_mesh_beside_each_picture():
    layout = make(0, 2, 3)
    pictures = {file for clip in layout.clips for file in clip.files.values()}
    assert {name[:-4] for name in layout.files} == {name[:-4] for name in pictures}
    assert layout.files['F001/Angry/000.wrl'] == b'#VRML V2.0 utf8\n'


def test_settings():
    assert make(3, 5, 4) == make(3, 5, 4)
    assert make(3, 5, 9) != make(4, 5, 9)
    assert (MAKER.name, MAKER.counted) == ('bu4dfe', 'subjects')
    with pytest.raises(ValueError, match='subjects is 0'):
        make(0, 0, 4)
