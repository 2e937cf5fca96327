"""The demo, on a small corpus: every step, and that finished ones are skipped."""
import pytest

from mmfer.cli.demo import TrainProgress, config_path
from mmfer.errors import MMFERError
from mmfer.evaluation import read_predictions


def test_config_is_found_in_the_checkout():
    assert config_path('fan/fan_r18_demo.py').is_file()
    with pytest.raises(MMFERError, match='install mmfer again'):
        config_path('fan/missing.py')


def test_progress_of_training(capsys):
    progress = TrainProgress(20)
    line = ('11/22 04:51:00 - mmengine - INFO - Epoch(train)  [{}][{}/7]  lr: 5.0000e-02  eta: '
            '0:11:45  time: 2.5830  data_time: 0.2847  loss: 1.9956  loss_cls: 1.9956')
    for epoch in range(1, 5):
        progress(line.format(epoch, 5))  # not the epoch's end
        progress(line.format(epoch, 7))
    assert capsys.readouterr().out.split('\n') == [
        '      epoch 2 of 20, loss 1.996', '      epoch 4 of 20, loss 1.996', '']


@pytest.mark.slow
def test_demo(run, tmp_path):
    words = ['tools/demo.py', '--out', tmp_path, '--subjects', 20, '--cfg-options',
             'train_cfg.max_epochs=1', 'model.backbone.base_channels=4',
             'model.backbone.stem_channels=4']
    first = run(*words)
    assert '[6/6]' in first.stdout
    assert 'by a model of first frames' in first.stdout
    blind = read_predictions(tmp_path / 'first_frames' / 'predictions.parquet')
    assert all(list(row.frame_numbers) == [1] for row in blind.rows)
    predictions = tmp_path / 'run' / 'predictions.parquet'
    assert read_predictions(predictions).metadata['config_name'] == 'fan_r18_demo'
    assert (tmp_path / 'run' / 'epoch_1.pth').is_file()
    assert 'WAR' in (tmp_path / 'scores.txt').read_text()
    for figure in ('attention', 'confusion_matrix'):
        for kind in ('png', 'svg'):
            assert (tmp_path / 'figures' / f'{figure}.{kind}').stat().st_size > 1000
    before = predictions.stat().st_mtime_ns
    second = run(*words)
    assert predictions.stat().st_mtime_ns == before
    assert 'epoch 1 of 1' not in second.stdout
    changed = run(*words[:-1], 'model.backbone.stem_channels=8', code=1)
    assert 'made with other settings' in changed.stderr
