import math
from dataclasses import replace

import numpy as np
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.fusion import fuse_predictions, fuse_scores
from mmfer.evaluation.predictions import read_predictions, write_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track

A, B = [.7, .2, .1], [.1, .3, .6]


def scored(clip, scores, **fields):
    return replace(make_row(clip, 0, 0, **fields), scores=np.array(scores, np.float32))


def test_means_by_hand():
    found = fuse_scores([A, B], [3, 1])
    np.testing.assert_allclose(found, [(3 * a + b) / 4 for a, b in zip(A, B)], rtol=1e-12)
    found = fuse_scores([A, B], [3, 1], 'geometric')
    products = [a**.75 * b**.25 for a, b in zip(A, B)]
    np.testing.assert_allclose(found, [p / math.fsum(products) for p in products], rtol=1e-12)


def test_a_model_fused_with_itself_is_itself():
    for method in ('arithmetic', 'geometric'):
        np.testing.assert_allclose(fuse_scores([A, A, A], [1, 2, 5], method), A, rtol=1e-12)


def test_excluded_classes():
    found = fuse_scores([[1, 0, 0], [0, 1, 0]], [1, 1], 'geometric')
    np.testing.assert_allclose(found, [.5, .5, 0], atol=1e-18)


def test_result_is_a_valid_file_without_attention(tmp_path):
    weights = {'frame_weights': np.full(4, .25, np.float32)}
    parts = [make_predictions([scored('a', A, attention=weights), scored('b', B)],
                              config_name='x', seed=1),
             make_predictions([scored('b', A), scored('a', B)], config_name='y', seed=1)]
    fused = fuse_predictions(parts, [1, 3])
    write_predictions(tmp_path / 'f.parquet', fused)
    found = read_predictions(tmp_path / 'f.parquet')
    assert found.metadata['config_name'] == 'fused(x+y)' and found.metadata['seed'] == 1
    assert [row.clip for row in found.rows] == ['a', 'b']
    np.testing.assert_allclose(found.rows[0].scores, [.25, .275, .475], rtol=1e-6)
    assert not found.rows[0].attention
    # one identity for all splits and scales of the weights, another for other weights
    hashes = [fuse_predictions(parts, w).metadata['config_hash'] for w in ([2, 6], [1, 1])]
    assert hashes[0] == found.metadata['config_hash'] != hashes[1]


def test_seeds_that_differ_leave_none():
    parts = [make_predictions([scored('a', A)], seed=seed) for seed in (0, 1)]
    assert fuse_predictions(parts).metadata['seed'] is None


def test_answers_for_frames():
    tracks = [make_track('a', [0, 1], given) for given in ([0, 1], [0, 2])]
    fused = fuse_predictions([make_predictions([track]) for track in tracks])
    assert not fused.rows
    np.testing.assert_allclose(fused.tracks[0].scores, [[.8, .1, .1], [.1, .45, .45]], rtol=1e-6)
    with pytest.raises(PredictionError, match='per clip, the other per frame'):
        fuse_predictions([make_predictions([scored('a', A)]), make_predictions(tracks[:1])])


@pytest.mark.parametrize('other, message', [
    (make_predictions([scored('a', A)], annotation_hash='b'), 'annotation_hash'),
    (make_predictions([scored('a', A)], protocol_hash='b'), 'protocol_hash'),
    (make_predictions([scored('a', A)], selection='literature'), 'selection'),
    (make_predictions([scored('a', A)], split='fold2'), 'split'),
    (make_predictions([scored('a', A)], trained_on={'corpus': 'b'}), 'trained_on'),
    (make_predictions([scored('a', A)], classes=['fear', 'anger', 'happiness']), 'classes'),
    (make_predictions([scored('b', A)]), "clip 'a' of split 'fold1' is in one"),
    (make_predictions([replace(scored('a', A), label=1)]), 'another label'),
    (make_predictions([scored('a', A, subject='S1')]), 'another label, subject'),
    (make_predictions([scored('a', [3, -1, -1])]), 'no probabilities'),
])
def test_files_that_do_not_belong_together(other, message):
    with pytest.raises(PredictionError, match=message):
        fuse_predictions([make_predictions([scored('a', A)]), other])


@pytest.mark.parametrize('weights', [[1], [1, 0], [1, -1], [1, float('nan')]])
def test_weights(weights):
    with pytest.raises(PredictionError, match='one positive number'):
        fuse_predictions([make_predictions([scored('a', A)])] * 2, weights)


def test_one_file_or_an_unknown_mean():
    with pytest.raises(PredictionError, match='at least two'):
        fuse_predictions([make_predictions([scored('a', A)])])
    with pytest.raises(PredictionError, match='arithmetic, geometric'):
        fuse_predictions([make_predictions([scored('a', A)])] * 2, method='median')


def test_clips_without_a_face_are_kept():
    lost = (FacelessClip('x', 'fold1', 0), FacelessClip('y', 'fold1', 1))
    parts = [make_predictions([scored('a', A)], faceless=order) for order in (lost, lost[::-1])]
    assert fuse_predictions(parts).faceless == lost
    with pytest.raises(PredictionError, match='without a face are others'):
        fuse_predictions([parts[0], make_predictions([scored('a', A)], faceless=lost[:1])])
