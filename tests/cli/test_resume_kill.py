"""A training that is killed and resumed ends exactly as one that is not."""
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name('kill_and_resume.py')
EPOCHS, KILLS, KILLS_WRITING = 30, 7, 3


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
@pytest.mark.parametrize('workers', [0, 2])
def test_ten_kills_change_no_bit(run, options, tmp_path, workers, processes):
    settings = dict(
        folder=str(tmp_path), processes=processes, epochs=EPOCHS, kills=KILLS,
        kills_writing=KILLS_WRITING, seed=workers + processes,
        options=[*options, f'train_dataloader.num_workers={workers}',
                 f'train_dataloader.persistent_workers={workers > 0}',
                 'default_hooks.checkpoint.max_keep_ckpts=1', 'model.neck.dropout=0.5',
                 'model.backbone.base_channels=16', 'model.backbone.stem_channels=16'])
    path = tmp_path / 'settings.json'
    path.write_text(json.dumps(settings))
    done = run(SCRIPT, path)
    result = json.loads(done.stdout.splitlines()[-1])
    assert result['different'] == [], result
    assert (result['random'], result['writing']) == (KILLS, KILLS_WRITING), result
    assert result['left'] == [f'epoch_{EPOCHS}.pth'], result
    assert result['iterations'] == EPOCHS * 3  # 24 training clips in batches of 8
    assert result['distinct_losses'] > EPOCHS * 2  # the draws differ between epochs
