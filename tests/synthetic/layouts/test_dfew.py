import pytest

from mmfer.synthetic.layouts.dfew import make


@pytest.mark.parametrize(('naming', 'train', 'test'), [
    (1, 'label/single_trainset_2.csv', 'label/single_testset_2.csv'),
    (2, 'EmoLabel_DataSplit/train(single-labeled)/set_2.csv',
     'EmoLabel_DataSplit/test(single-labeled)/set_2.csv'),
    (3, 'EmoLabel_DataSplit/train(single-labeled)/train_set_2.csv',
     'EmoLabel_DataSplit/test(single-labeled)/test_set_2.csv')])
def test_lists(naming, train, test):
    layout = make(0, 35, 4, naming)
    assert len(layout.files) == 10
    lines = {name: layout.files[name].decode().split('\n') for name in (train, test)}
    assert [len(lines[name]) for name in (train, test)] == [30, 9]  # a header, an empty end
    assert lines[train][0] == 'video_name,label'
    codes = dict(line.split(',') for name in lines for line in lines[name][1:-1])
    names = {'1': 'happiness', '2': 'sadness', '3': 'neutral', '4': 'anger', '5': 'surprise',
             '6': 'disgust', '7': 'fear'}
    assert {clip.path[-5:]: clip.label for clip in layout.clips} == {
        name: names[code] for name, code in codes.items()}


def test_media():
    clip = make(0, 35, 4).clips[0]
    assert clip.files[1] == f'clip_224x224/{clip.path[-5:]}/{clip.path[-5:]}_00001.jpg'
    assert {len(clip.files) for clip in make(0, 35, 4, media='frames16').clips} == {16}
    assert make(0, 35, 4, media='frames16').clips[0].path.startswith('clip_224x224_16f/')
    assert make(0, 35, 4, media='videos').clips[0].path.endswith('.mp4')
    assert all(2 <= clip.num_frames <= 4 for clip in make(0, 35, 4).clips)


def test_settings():
    assert make(1, 35, 4) == make(1, 35, 4) != make(2, 35, 4)
    with pytest.raises(ValueError, match='clips is 34'):
        make(0, 34, 4)
