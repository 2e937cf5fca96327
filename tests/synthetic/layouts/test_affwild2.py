import pytest

from mmfer.synthetic.layouts.affwild2 import make


@pytest.mark.parametrize(('edition', 'folder', 'train', 'header'), [
    ('abaw1', 'EXPR_Set', 'Training_Set',
     'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise'),
    ('abaw3', 'EXPR_Classification_Challenge', 'Train_Set',
     'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other')])
def test_a_label_for_every_frame(edition, folder, train, header):
    layout = make(0, 8, 9, edition)
    assert len(layout.files) == 8
    for clip in layout.clips:
        name = clip.path.removeprefix('cropped_aligned/')
        (path, ) = [path for path in layout.files if path.endswith(f'/{name}.txt')]
        assert path.split('/')[:2] == ['annotations', folder]
        assert path.split('/')[2] in (train, 'Validation_Set')
        lines = layout.files[path].decode().split('\n')
        assert lines[0] == header and len(lines) == clip.num_frames + 2
        assert set(lines[1:-1]) <= {'-1', *map(str, range(len(header.split(','))))}
        # faces are missing, labels are not
        assert len(clip.files) == clip.num_frames - len(clip.absent)
    assert any(clip.absent for clip in layout.clips)


def test_two_people_of_one_video():
    names = [clip.path for clip in make(0, 8, 9).clips]
    assert [name.rsplit('_', 1)[1] for name in names[-2:]] == ['left', 'right']


def test_settings():
    assert make(1, 8, 9) == make(1, 8, 9)
    with pytest.raises(ValueError, match='clips is 7'):
        make(0, 7, 9)
