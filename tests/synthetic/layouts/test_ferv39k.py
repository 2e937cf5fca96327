import pytest

from mmfer.synthetic.layouts.ferv39k import make


def test_paths_and_lists():
    layout = make(0, 35, 4)
    assert layout.clips[0].path == '2_ClipsforFaceCrop/Action/Angry/0000'
    assert sorted(layout.files) == ['4_setups/All_scenes/test_All.csv',
                                    '4_setups/All_scenes/train_All.csv']
    test = layout.files['4_setups/All_scenes/test_All.csv'].decode().split('\n')
    assert test[0] == 'Action/Angry/0000 Angry' and len(test) == 8


def test_the_other_lists():
    lists = make(0, 35, 4, header=True).files
    test = lists['4_setups/All_scenes/test_All.csv'].decode().split('\n')
    assert test[:2] == ['path,id', 'Action/Angry/0000,0']
    assert len(lists['4_setups/All_scenes/train_All.csv'].split(b'\n')) == 30


def test_settings():
    assert make(1, 35, 4) == make(1, 35, 4)
    with pytest.raises(ValueError, match='clips is 1'):
        make(0, 1, 4)
