"""train.py --compare-selection: training notices nothing, and a resumed run chooses the same."""
import json

import numpy as np
import pytest

from mmfer.cli import train
from mmfer.cli.recording import RecordSelectionsHook, record_in
from mmfer.cli.train import build_parser, prepare
from mmfer.configuration import load_config
from mmfer.errors import CheckpointError, ConfigError
from mmfer.evaluation import read_predictions
from mmfer.evaluation.selection_record import SelectionRecord, chosen_in, result_path

FAN = 'configs/fan/fan_r18_ckplus.py'
SELECTIONS = ('last', 'inner', 'literature')


def words(options, folder, *flags):
    return [FAN, '--work-dir', str(folder), '--seed', '3', *flags, '--cfg-options', *options,
            'train_cfg.max_epochs=3']


@pytest.fixture(scope='module')
def compared(options, tmp_path_factory):
    """Folder of a finished run."""
    folder = tmp_path_factory.mktemp('compared')
    assert train.main(words(options, folder, '--compare-selection')) == 0
    return folder


def scores_of(folder, selection):
    predictions = read_predictions(result_path(folder, selection))
    return predictions, np.stack([row.scores for row in predictions.rows])


def war(predictions):
    return float((predictions.predicted == predictions.labels).mean())


def test_each_way_of_selecting_has_its_predictions(compared):
    record = json.loads((compared / 'selections.json').read_text())['validations']
    assert [entry['epoch'] for entry in record] == [1, 2, 3]
    assert all(entry['iteration'] == 3 * entry['epoch'] for entry in record)  # 18 clips by 8
    best = {'last': 3, 'inner': 1 + int(np.argmax([entry['selection'] for entry in record])),
            'literature': 1 + int(np.argmax([entry['test'] for entry in record]))}
    wars = {}
    for selection in SELECTIONS:
        predictions, _ = scores_of(compared, selection)
        metadata, wars[selection] = predictions.metadata, war(predictions)
        assert metadata['selection'] == selection and metadata['compare_selection'] is True
        assert chosen_in(metadata).epoch == best[selection]
        assert chosen_in(metadata).test == pytest.approx(wars[selection])
    assert wars['literature'] == max(entry['test'] for entry in record)
    assert wars['literature'] >= max(wars.values())
    assert not list(compared.glob('best_*.pth'))


def test_training_notices_nothing(compared, options, tmp_path):
    """The same split with selection='inner' and nothing else gives the same scores."""
    plain = tmp_path / 'plain.parquet'
    assert train.main([*words(options, tmp_path, '--dump', str(plain)),
                       'protocol.selection=inner']) == 0
    predictions, found = scores_of(compared, 'inner')
    alone = read_predictions(plain)
    assert [row.clip for row in alone.rows] == [row.clip for row in predictions.rows]
    np.testing.assert_array_equal(np.stack([row.scores for row in alone.rows]), found)
    assert alone.metadata['checkpoint'].endswith(
        f'_epoch_{chosen_in(predictions.metadata).epoch}.pth')
    for key in ('config_hash', 'config_name', 'protocol_hash', 'selection', 'seed'):
        assert alone.metadata[key] == predictions.metadata[key]


def test_a_resumed_run_gives_the_same(compared, options, tmp_path, monkeypatch):
    """Stopped after the checkpoint and the test of the second epoch, before they are noted."""
    add = SelectionRecord.add

    def stop(self, validation, saved):
        if validation.epoch == 2:
            raise KeyboardInterrupt
        add(self, validation, saved)

    monkeypatch.setattr(SelectionRecord, 'add', stop)
    with pytest.raises(KeyboardInterrupt):
        train.main(words(options, tmp_path, '--compare-selection'))
    monkeypatch.undo()
    assert (tmp_path / 'epoch_2.pth').is_file()
    assert not result_path(tmp_path, 'last').exists()
    assert train.main(words(options, tmp_path, '--compare-selection', '--resume')) == 0
    for selection in SELECTIONS:
        np.testing.assert_array_equal(scores_of(tmp_path, selection)[1],
                                      scores_of(compared, selection)[1])
    record = [json.loads((folder / 'selections.json').read_text()) for folder in
              (compared, tmp_path)]
    assert record[0] == record[1]


def test_the_record_must_have_what_came_before_the_checkpoint(compared, tmp_path):
    record = SelectionRecord(tmp_path, {}, 'WAR')
    hook = RecordSelectionsHook(record)

    class Runner:
        _resume = True

    for meta, said in (({'iter': 6}, 'had no record of validations before it.* has 0'),
                       ({'iter': 6, 'mmfer_validations': 1}, 'had 1 validations before it.*0')):
        with pytest.raises(CheckpointError, match=said):
            hook.after_load_checkpoint(Runner, {'meta': meta})
    Runner._resume = False
    hook.after_load_checkpoint(Runner, {'meta': {}})


def test_flags_that_contradict(options, tmp_path):
    def prepared(*flags, extra=()):
        return prepare(build_parser().parse_args([*words(options, tmp_path, *flags), *extra]))

    assert prepared('--compare-selection').protocol.selection == 'inner'
    for flags in (['--dump', 'p.parquet'], ['--no-validate']):
        with pytest.raises(ConfigError, match='leave out --dump and --no-validate'):
            prepared('--compare-selection', *flags)
    with pytest.raises(ConfigError, match=r'protocol\.selection is set by a flag'):
        prepared('--compare-selection', extra=['protocol.selection=last'])


def test_the_score_of_the_protocol_chooses(tmp_path):
    """Other than WAR; one that there is not is an error."""
    cfg = load_config(FAN, {'protocol.selection': 'inner', 'protocol.score': 'UAR'})
    cfg.work_dir = str(tmp_path)
    record = record_in(cfg, {'split': 'fold1'})
    assert record.score == 'UAR'
    assert cfg.test_evaluator.dump.endswith('.parquet')
    hook = RecordSelectionsHook(record)
    assert hook._score({'WAR': 0.1, 'UAR': 0.2}) == 0.2
    with pytest.raises(ConfigError, match="'UAR', which is not among the scores: WAR, F1"):
        hook._score({'WAR': 0.1, 'F1': 0.2})
