import io

import numpy as np
import pytest

from mmfer.synthetic.layouts.affectnet import HEADER, make


def test_a_file_for_each_label():
    layout = make(0, 40, 4)
    assert len(layout.files) == len(layout.clips) == 41
    assert layout.clips[0].path == 'val_set/images/0.jpg'
    value = np.load(io.BytesIO(layout.files['val_set/annotations/0_exp.npy']), allow_pickle=False)
    assert value.shape == () and str(value) == '0'


def test_tables():
    layout = make(0, 40, 4, edition='tables')
    assert sorted(layout.files) == ['training.csv', 'validation.csv']
    lines = layout.files['validation.csv'].decode().split('\n')
    assert lines[0] == HEADER and len(lines) == 10
    path = lines[1].split(',')[0]
    assert layout.clips[0].path == f'Manually_Annotated_Images/{path}'
    assert b',9,0.1' in layout.files['training.csv']  # one is uncertain


def test_settings():
    assert make(1, 40, 4) == make(1, 40, 4)
    with pytest.raises(ValueError, match='clips is 39'):
        make(0, 39, 4)
