"""Prediction files of one split, and the pools of them."""
import pytest

from mmfer.evaluation import pool_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track


def make_fold(split, labels, given, seed=0, path=None, row=None, **metadata):
    rows = [make_row(f'{split}-{i}', label, answer, split=split, subject=f'{split}-{i // 2}',
                     **(row or {}))
            for i, (label, answer) in enumerate(zip(labels, given))]
    return make_predictions(rows, path or f'{split}.parquet', seed=seed, split=split, **metadata)


@pytest.fixture
def fold():
    """Makes predictions of one split, two clips of each subject."""
    return make_fold


def make_framed(wrong=(), seed=0, split='fold1', **metadata):
    """Three clips of 4, 2 and 6 frames of two subjects; ``wrong`` names clip and frame."""
    tracks = []
    for name, subject, labels in (('a', 'S1', [0, 0, 1, 2]), ('b', 'S1', [1, 1]),
                                  ('c', 'S2', [2, 2, 2, 0, 0, 1])):
        given = [(label + 1) % 3 if (name, i) in wrong else label
                 for i, label in enumerate(labels)]
        tracks.append(make_track(name, labels, given, split=split, subject=subject))
    return make_predictions(tracks, f'{split}-{seed}.parquet', seed=seed, split=split,
                            **metadata)


@pytest.fixture
def framed():
    """Makes predictions of frames, see :func:`make_framed`."""
    return make_framed


@pytest.fixture
def pool_of():
    """Makes a pool of answers to single clips, without subjects."""
    def make(labels, given, faceless=(), classes=3, **metadata):
        rows = [make_row(f'{i:04d}', label, answer, classes)
                for i, (label, answer) in enumerate(zip(labels, given)) if answer is not None]
        if classes != 3:
            metadata = {'classes': [f'class{i}' for i in range(classes)], **metadata}
        return pool_predictions([make_predictions(rows, faceless=faceless, **metadata)])
    return make
