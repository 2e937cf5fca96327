"""Which runs there are, and which of them count as finished."""
import pytest

from mmfer.cli.cross_validate import build_parser
from mmfer.cli.runs import is_finished, plan, raw_words, stale
from mmfer.errors import ConfigError, MismatchError, PredictionError, ProtocolError

SCORE_FUSION = 'configs/fan/score-fusion_r18_ckplus.py'


def plans(options, work, *flags, extra=()):
    return plan(build_parser().parse_args(
        [SCORE_FUSION, *flags, '--work-dir', str(work), '--cfg-options', *options,
         'train_cfg.max_epochs=1', *extra]))


def test_damaged_predictions_are_an_error(options, tmp_path):
    one, = plans(options, tmp_path, '--splits', 'fold1')
    one.folder.mkdir(parents=True)
    one.predictions.write_bytes(b'PAR1 but cut short')
    with pytest.raises(PredictionError, match='not a readable Parquet file'):
        is_finished(one)
    assert not is_finished(one, overwrite=True)


def test_bad_arguments(options, tmp_path):
    with pytest.raises(ProtocolError, match='fold9'):
        plans(options, tmp_path, '--splits', 'fold9')
    with pytest.raises(ConfigError, match='twice'):
        plans(options, tmp_path, '--seeds', '1', '1')
    with pytest.raises(ConfigError, match='use --splits'):
        plans(options, tmp_path, extra=['protocol.split=fold2'])
    with pytest.raises(ConfigError, match='shared by 3'):
        plans(options, tmp_path, '--gpus', '3')


def test_what_was_made_with_other_settings_says_which():
    facts = {'config_hash': 'a' * 64, 'annotation_hash': 'x', 'protocol_hash': 'p', 'seed': 0,
             'selection': 'last', 'split': 'fold1'}
    assert stale('p.parquet', facts, {**facts, 'further': 1}) is None
    error = stale('p.parquet', facts, {**facts, 'config_hash': 'b' * 64, 'seed': 1})
    assert 'p.parquet was made with other settings' in str(error)
    assert 'config_hash is bbbbbbbbbbbb, now aaaaaaaaaaaa, seed is 1, now 0' in str(error)
    assert not isinstance(error, MismatchError)
    assert isinstance(stale('p', facts, {**facts, 'protocol_hash': 'q'}), MismatchError)
    # a run whose ways of selecting are compared leaves other files than a plain one
    for one, other in ((facts, {**facts, 'compare_selection': True}),
                       ({**facts, 'compare_selection': True}, facts)):
        assert 'compare_selection is' in str(stale('p', one, other))


def test_raw_words_end_at_the_next_flag():
    assert raw_words(['c.py', '--amp']) == []
    assert raw_words(['c.py', '--cfg-options', 'a=1', 'b=2', '--amp']) == ['a=1', 'b=2']
