import pytest

from mmfer.synthetic.layouts.rafdb import make


def test_list_and_attributes():
    layout = make(0, 35, 4)
    lines = layout.files['basic/EmoLabel/list_patition_label.txt'].decode().split('\n')
    assert lines[:2] == ['test_0001.jpg 1', 'train_00001.jpg 1'] and len(lines) == 36
    assert layout.clips[1].path == 'basic/Image/aligned/train_00001_aligned.jpg'
    attributes = layout.files['basic/Annotation/manual/train_00001_manu_attri.txt'].split(b'\n')
    assert len(attributes) == 9 and all(line.isdigit() for line in attributes[5:8])


def test_settings():
    assert make(1, 35, 4) == make(1, 35, 4)
    with pytest.raises(ValueError, match='clips is 34'):
        make(0, 34, 4)
