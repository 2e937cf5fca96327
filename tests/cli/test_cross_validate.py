"""tools/cross_validate.py on a tiny corpus: run, skip, resume, refuse, report."""
import pytest

from mmfer.cli.cross_validate import build_parser
from mmfer.cli.runs import Run, is_finished, plan
from mmfer.errors import PredictionError
from mmfer.evaluation import read_predictions

SCORE_FUSION = 'configs/fan/score-fusion_r18_ckplus.py'


@pytest.fixture(scope='module')
def finished(run, options, tmp_path_factory):
    """Working directory of two splits, and what was printed."""
    work = tmp_path_factory.mktemp('cross')
    done = run('tools/cross_validate.py', SCORE_FUSION, '--splits', 'fold1', 'fold2',
               '--work-dir', work, '--jobs', 2, '--cfg-options', *options,
               'train_cfg.max_epochs=1')
    return work, done.stdout


def plans(options, work, *flags, extra=()):
    return plan(build_parser().parse_args(
        [SCORE_FUSION, *flags, '--work-dir', str(work), '--cfg-options', *options,
         'train_cfg.max_epochs=1', *extra]))


def test_runs_and_pools(finished):
    work, printed = finished
    assert '[2/2]' in printed
    assert 'pooled' in printed
    assert 'mean +- std over splits' in printed
    for split in ('fold1', 'fold2'):
        predictions = read_predictions(work / 'seed0' / split / 'predictions.parquet')
        assert predictions.metadata['split'] == split


def test_finished_runs_are_skipped(finished, options, run):
    work, _ = finished
    assert all(is_finished(run) for run in plans(options, work, '--splits', 'fold1', 'fold2'))
    runs = plans(options, work)
    assert [is_finished(run) for run in runs] == [True, True, False, False, False]
    assert [run.split for run in runs] == [f'fold{i}' for i in range(1, 6)]
    before = (work / 'seed0/fold1/predictions.parquet').stat().st_mtime_ns
    done = run('tools/cross_validate.py', SCORE_FUSION, '--splits', 'fold1', '--work-dir', work,
               '--cfg-options', *options, 'train_cfg.max_epochs=1')
    assert '1 runs, 1 of them finished before' in done.stdout
    assert (work / 'seed0/fold1/predictions.parquet').stat().st_mtime_ns == before


def test_runs_of_other_settings_are_refused(finished, options):
    work, _ = finished
    changed, = plans(options, work, '--splits', 'fold1', extra=['total_batch_size=4'])
    with pytest.raises(PredictionError, match='config_hash is .*--overwrite'):
        is_finished(changed)
    assert not is_finished(changed, overwrite=True)


def test_checkpoints_of_other_settings_are_not_resumed(finished, options):
    work, _ = finished
    changed, = plans(options, work, '--splits', 'fold2', extra=['total_batch_size=4'])
    half_done = Run(changed.seed, changed.split, changed.folder, changed.facts, changed.config)
    kept = half_done.predictions.read_bytes()
    half_done.predictions.unlink()
    try:
        with pytest.raises(PredictionError, match=r'epoch_1.pth was made with other settings'):
            is_finished(half_done)
    finally:
        half_done.predictions.write_bytes(kept)


def test_a_failing_split_does_not_stop_the_others(corpus, options, run, tmp_path):
    # one clip of fold3's test part has lost a frame
    import json
    import shutil
    broken = tmp_path / 'frames'
    shutil.copytree(corpus / 'frames', broken)
    protocol = json.loads((corpus / 'protocol.json').read_text())
    clip = protocol['splits'][2]['test'][0]
    (broken / clip / '000001.jpg').write_bytes(b'')
    # fold3 tests the clip; on a corpus of it and others, training meets it too
    done = run('tools/cross_validate.py', SCORE_FUSION, '--splits', 'fold3', 'fold2',
               '--work-dir', tmp_path / 'work', '--cfg-options', *options,
               f'annotation.root={broken}', 'train_cfg.max_epochs=1',
               'train_dataloader.dataset.indices=1', 'total_batch_size=1',
               'model.backbone.norm_eval=True', code=1)
    assert 'fold3: FAILED' in done.stdout
    assert 'fold2: done' in done.stdout
    assert str(tmp_path / 'work/seed0/fold3/log.txt') in done.stdout
    assert (tmp_path / 'work/seed0/fold2/predictions.parquet').is_file()
