"""Every error is caught both as mmfer's and as the built-in that fits."""
import inspect

import pytest

from mmfer import errors
from mmfer.errors import MMFERError

BUILT_IN = {'AnnotationError': ValueError, 'ProtocolError': ValueError, 'CorpusError': ValueError,
            'MediaError': ValueError, 'CheckpointError': RuntimeError, 'ConfigError': ValueError,
            'PredictionError': ValueError, 'StorageError': ValueError,
            'DetectorError': RuntimeError, 'AlignmentError': ValueError,
            'LedgerError': ValueError}


def test_no_error_is_without_its_base_and_built_in():
    found = {name for name, value in vars(errors).items() if inspect.isclass(value)}
    assert found == {'MMFERError', 'MismatchError', *BUILT_IN}


@pytest.mark.parametrize('name', BUILT_IN)
def test_callers_catch_it_either_way(name):
    error = getattr(errors, name)
    for kind in (MMFERError, BUILT_IN[name]):
        with pytest.raises(kind, match='^a.json, row 3: no label$'):
            raise error('a.json, row 3: no label')


def test_kinds_are_told_apart():
    kinds = [getattr(errors, name) for name in BUILT_IN]
    assert not any(issubclass(a, b) for a in kinds for b in kinds if a is not b)


def test_predictions_of_other_protocols_are_caught_as_either():
    for kind in (errors.ProtocolError, errors.PredictionError):
        with pytest.raises(kind, match='^a$'):
            raise errors.MismatchError('a')
