"""What of two sets of predictions shows that they are of different protocols."""
import pytest

from mmfer.errors import MismatchError, PredictionError, ProtocolError
from mmfer.evaluation import compare, pool_predictions
from mmfer.evaluation.fusion import fuse_predictions
from mmfer.evaluation.mismatch import difference, mismatch
from mmfer.testing.predictions import make_predictions, make_row, make_track


def row(clip, split='fold1', label=0, subject=None):
    return make_row(clip, label, 0, split=split, subject=subject)


A = [row('a', subject='s1'), row('b', subject='s2')]


@pytest.mark.parametrize(('other', 'said'), [
    ([row('a', subject='s1', label=1)], "clip 'a' has another label"),
    ([row('b', subject='s3')], "clip 'b' has another subject"),
    ([row('a', subject='s1')], "in one of them alone, split 'fold1' tests clip 'b'"),
    ([*A, row('c')], "in one of them alone, split 'fold1' tests clip 'c'"),
    ([row('a', 'fold2', subject='s1')],
     "clip 'a' is tested in 'fold1' of one and in 'fold2' of the other"),
    ([row('z', 'fold2', subject='s2')],
     "subject 's2' is tested in 'fold1' of one and in 'fold2' of the other"),
    ([row('z', 'fold2', subject='s9')], ''),
    ([row('z', 'fold2')], ''),
    (A, ''),
])
def test_differences_are_named_both_ways(other, said):
    assert difference(A, other) == said
    if 'fold2' not in said:
        assert difference(other, A) == said


def test_labels_of_frames_are_told_apart():
    a, b = make_track('a', [0, 1], [0, 0]), make_track('a', [0, 2], [0, 0])
    assert difference([a], [a]) == ''
    assert difference([a], [b]) == difference([a], [row('a')]) == "clip 'a' has another label"


def test_only_protocols_and_annotations_make_a_protocol_error():
    for key in ('annotation_hash', 'protocol_hash', 'protocol_name', 'subject_disjoint'):
        error = mismatch(key, 'text', A, A[:1])
        assert isinstance(error, MismatchError) and "clip 'b'" in str(error)
    assert str(mismatch('protocol_hash', 'text', A, A)) == 'text'
    error = mismatch('config_hash', 'text', A, A[:1])
    assert not isinstance(error, ProtocolError) and str(error) == 'text'


@pytest.mark.parametrize('key', ['annotation_hash', 'protocol_hash'])
def test_pooling_comparing_and_fusing_refuse_them(key):
    one = make_predictions(A, path='one.parquet')
    other = make_predictions(A[:1], path='other.parquet', seed=1, **{key: 'x'})
    with pytest.raises(ProtocolError, match=rf"other\.parquet.*one\.parquet.*{key}.*clip 'b'"):
        pool_predictions([one, other])
    with pytest.raises(ProtocolError, match=f"cannot be compared: {key}.*clip 'b'"):
        compare(pool_predictions([one]), pool_predictions([other]))
    with pytest.raises(ProtocolError, match=f"cannot be fused.*{key}.*clip 'b'"):
        fuse_predictions([one, other])
    with pytest.raises(PredictionError):
        pool_predictions([one, other])
