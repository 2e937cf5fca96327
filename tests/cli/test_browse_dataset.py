"""tools/browse_dataset.py: sheets of what a model gets."""
import cv2
import numpy as np
import pytest
import torch
from mmaction.structures import ActionDataSample

from mmfer.cli import browse_dataset

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_browse_dataset(options, tmp_path, capsys):
    words = [FAN, '--number', '5', '--rows', '3', '--cfg-options', *options,
             'train_dataloader.dataset.pipeline.0.num_segments=2']
    assert browse_dataset.main([*words[:1], '--out', str(tmp_path), *words[1:]]) == 0
    sheets = sorted(tmp_path.glob('*.png'))
    assert [str(path) for path in sheets] == capsys.readouterr().out.split()
    assert [path.name for path in sheets] == ['train_epoch0_000.png', 'train_epoch0_001.png']
    first = cv2.imread(str(sheets[0]))
    assert first.shape == (3 * (18 + 96), 12 * 96, 3)
    assert (first[18:114, 192:] == 255).all()  # two frames in a row of twelve
    assert first[18:114, :192].mean() < 200
    browse_dataset.main([*words[:1], '--out', str(tmp_path), '--epoch', '1', *words[1:]])
    assert not np.array_equal(first, cv2.imread(str(tmp_path / 'train_epoch1_000.png')))


def test_browse_dataset_without_validation(options, tmp_path, capsys):
    assert browse_dataset.main([FAN, '--part', 'validation', '--out', str(tmp_path),
                                '--cfg-options', *options]) == 1
    assert "protocol.selection='last'" in capsys.readouterr().err


@pytest.mark.parametrize('fields, expected', [
    (dict(gt_label=[2]), 'fear'),
    (dict(gt_frame_labels=[-1, 1, 1, 0, 1]), 'anger, neutral'),  # as they come, each once
    (dict(gt_frame_labels=[-1, -1]), '?'),
    (dict(gt_label=[3]), '?'),  # not among the classes
    (dict(), '?'),
])
def test_heading_names_the_classes(fields, expected):
    sample = ActionDataSample(metainfo=dict(clip='a', frame_inds=np.array([4, 5])))
    for name, labels in fields.items():
        sample.set_field(torch.tensor(labels), name)
    inputs = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    heading, frames = browse_dataset.row_of(dict(inputs=inputs, data_samples=sample),
                                            ('neutral', 'anger', 'fear'))
    assert heading == f'a: {expected}; frames 4 5' and frames.shape == (2, 8, 8, 3)
