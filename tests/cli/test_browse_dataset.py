"""tools/browse_dataset.py: sheets of what a model gets."""
import cv2
import numpy as np

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
