"""Planted scores give known choices, and predictions that matter are kept through a resume."""
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.errors import PredictionError
from mmfer.evaluation import pool_predictions, read_predictions
from mmfer.evaluation.predictions import write_predictions
from mmfer.evaluation.selection_record import (
    SelectionRecord,
    Validation,
    choose,
    chosen_in,
    result_path,
)
from mmfer.testing.predictions import make_predictions, make_row, make_track

FACTS = {'config_name': 'fan', 'config_hash': 'c', 'annotation_hash': 'a', 'protocol_hash': 'p',
         'selection': 'inner', 'compare_selection': True, 'data_root': 'here'}
# epoch by epoch: best on the selection part in epoch 2, on the test part in epoch 4
PLANTED = [(0.2, 0.1), (0.9, 0.3), (0.9, 0.2), (0.5, 0.8), (0.4, 0.8), (0.3, 0.4)]


def validations(scores):
    return [Validation(10 * epoch, epoch, *pair) for epoch, pair in enumerate(scores, 1)]


def run_epochs(record, scores, first=1, every=1):
    """Adds validations as a run does, with a checkpoint before each ``every``-th."""
    for number, (selection, test) in enumerate(scores, first):
        saved = 10 * (number // every * every)
        row = make_row('a', 0, number % 3)
        write_predictions(record.predictions(10 * number), make_predictions([row], **record.facts))
        record.add(Validation(10 * number, number, selection, test), saved)


def epochs_of(folder):
    return {selection: chosen_in(read_predictions(result_path(folder, selection)).metadata).epoch
            for selection in ('last', 'inner', 'literature')}


def test_planted_scores_give_the_known_choices():
    chosen = choose(reversed(validations(PLANTED)))
    assert {name: choice.epoch for name, choice in chosen.items()} == {
        'last': 6, 'inner': 2, 'literature': 4}


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 2), min_size=1, max_size=12))
def test_literature_is_never_below_the_others(scores):
    chosen = choose(validations(scores))
    assert chosen['literature'].test >= max(chosen['inner'].test, chosen['last'].test)
    assert chosen['inner'].selection == max(pair[0] for pair in scores)
    assert chosen['last'].epoch == len(scores)


def test_names():
    assert Validation(30, 3, 0., 0.).name == 'epoch 3'
    assert Validation(30, None, 0., 0.).name == 'iteration 30'


def test_results_are_the_predictions_of_the_chosen_epochs(tmp_path):
    record = SelectionRecord(tmp_path, FACTS, 'WAR')
    run_epochs(record, PLANTED)
    kept = sorted(path.name for path in (tmp_path / 'validations').iterdir())
    assert [int(name[5:13]) for name in kept] == [20, 40, 60]
    assert {name: choice.epoch for name, choice in record.finish(60).items()} == epochs_of(tmp_path)
    for selection, epoch in epochs_of(tmp_path).items():
        predictions = read_predictions(result_path(tmp_path, selection))
        assert predictions.predicted.tolist() == [epoch % 3]
        assert predictions.metadata['selection'] == selection
        assert predictions.metadata['checkpoint'] == f'{tmp_path}, epoch {epoch}'
        pool_predictions([predictions])
    names = [read_predictions(result_path(tmp_path, selection)).metadata['config_name']
             for selection in ('last', 'inner', 'literature')]
    assert names == ['fan (train part only)', 'fan', 'fan (train part only)']


def test_answers_per_frame_are_kept_as_such(tmp_path):
    record = SelectionRecord(tmp_path, FACTS, 'S')
    track = make_track('a', [0, 1], [1, 1])
    write_predictions(record.predictions(5), make_predictions([track], **FACTS))
    record.add(Validation(5, None, 0.5, 0.5), 0)
    record.finish(5)
    read = read_predictions(result_path(tmp_path, 'literature'))
    assert read.predicted.tolist() == [1, 1] and read.metadata['score'] == 'S'


@pytest.mark.parametrize('killed', range(1, 7))
@pytest.mark.parametrize('every', [1, 2, 3])
def test_a_resumed_run_chooses_the_same(tmp_path, killed, every):
    """Killed after any validation, resumed from the last checkpoint before it."""
    record = SelectionRecord(tmp_path, FACTS, 'WAR')
    run_epochs(record, PLANTED[:killed], every=every)
    checkpoint = killed // every * every
    # what follows is scored anew, and worse on the selection part: no longer what it was
    again = [(selection / 10, test) for selection, test in PLANTED[checkpoint:]]
    run_epochs(record, again, first=checkpoint + 1, every=every)
    record.finish(60)
    scores = [*PLANTED[:checkpoint], *again]
    assert record.read() == validations(scores)
    assert epochs_of(tmp_path) == {
        name: choice.epoch for name, choice in choose(validations(scores)).items()}


def test_records_of_other_runs_and_damaged_ones_are_refused(tmp_path):
    record = SelectionRecord(tmp_path, FACTS, 'WAR')
    assert record.read() == []
    run_epochs(record, PLANTED[:2])
    moved = SelectionRecord(tmp_path, {**FACTS, 'data_root': 'there'}, 'WAR')
    assert moved.read() == record.read()
    for other in (SelectionRecord(tmp_path, {**FACTS, 'config_hash': 'x'}, 'WAR'),
                  SelectionRecord(tmp_path, FACTS, 'UAR')):
        with pytest.raises(PredictionError, match=r'selections\.json: of a run with other set'):
            other.read()
    content = json.loads(record.path.read_text())
    for change in ({'validations': [{'epoch': 1}]}, {'validations': 3}, {'validations': [1]}):
        record.path.write_text(json.dumps({**content, **change}))
        with pytest.raises(PredictionError, match=r'selections\.json: not a record'):
            record.read()
    for text in ('[]', '{}', '{"facts"'):
        record.path.write_text(text)
        with pytest.raises(PredictionError, match=r'selections\.json'):
            record.read()


def test_an_end_that_was_not_validated_is_refused(tmp_path):
    record = SelectionRecord(tmp_path, FACTS, 'WAR')
    with pytest.raises(PredictionError, match='after iteration 60, which was not validated'):
        record.finish(60)
    run_epochs(record, PLANTED[:5])
    with pytest.raises(PredictionError, match='not validated'):
        record.finish(60)


def test_predictions_that_are_gone_are_named(tmp_path):
    record = SelectionRecord(tmp_path, FACTS, 'WAR')
    run_epochs(record, PLANTED)
    record.predictions(20).unlink()
    with pytest.raises(PredictionError, match=r"00000020\.parquet: gone, but 'inner'.*epoch 2"):
        record.finish(60)
