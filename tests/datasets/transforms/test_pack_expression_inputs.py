from __future__ import annotations

import numpy as np
import torch
from mmaction.datasets.transforms import PackActionInputs

from mmfer.registry import TRANSFORMS
from mmfer.structures import META_KEYS


def test_packs_as_the_host_does() -> None:
    results = dict(imgs=torch.zeros(2, 3, 4, 5, dtype=torch.uint8), label=3, clip='a', apex=None,
                   frame_inds=np.array([4, 5]), start_index=1, img_shape=(4, 5), other='x')
    own = TRANSFORMS.build(dict(type='PackExpressionInputs'))(dict(results))
    host = PackActionInputs(meta_keys=META_KEYS)(dict(results))
    assert own['inputs'] is results['imgs']
    ours, theirs = own['data_samples'], host['data_samples']
    assert ours.gt_label.tolist() == [3]
    assert set(ours.metainfo_keys()) == set(theirs.metainfo_keys()) >= {'clip', 'apex'}
    assert ours.metainfo['frame_inds'].tolist() == [4, 5]


def test_options() -> None:
    transform = TRANSFORMS.build(dict(
        type='PackExpressionInputs', collect_keys=('imgs',), meta_keys=('other',),
        algorithm_keys=('extra',)))
    packed = transform(dict(imgs=torch.zeros(1), other='x', clip='a', extra=7))
    assert list(packed['inputs']) == ['imgs']
    assert packed['data_samples'].other == 'x' and packed['data_samples'].extra == 7
    assert packed['data_samples'].metainfo_keys() == ['other']
    assert "('other',)" in repr(transform)


def test_frame_labels_are_joined_by_number() -> None:
    results = dict(imgs=torch.zeros(1), clip='a', start_index=10,
                   frame_inds=np.array([14, 10, 12, 12]),
                   frame_labels=np.array([3, 0, 1, 0, 2]))
    pack = TRANSFORMS.build(dict(type='PackExpressionInputs'))
    sample = pack(dict(results))['data_samples']
    assert sample.gt_frame_labels.tolist() == [2, 3, 1, 1] and 'gt_label' not in sample
    blank = np.array([False, False, False, True])
    sample = pack(dict(results, frame_blank=blank))['data_samples']
    assert sample.gt_frame_labels.tolist() == [2, 3, 1, -1]


def test_votes_stand_beside_the_label() -> None:
    shares = np.array([0.25, 0.75], np.float32)
    pack = TRANSFORMS.build(dict(type='PackExpressionInputs'))
    results = dict(imgs=torch.zeros(1), clip='a', label=1, label_distribution=shares)
    sample = pack(results)['data_samples']
    assert sample.gt_label.tolist() == [1]
    assert sample.gt_label_distribution.dtype == torch.float32
    assert sample.gt_label_distribution.tolist() == [0.25, 0.75]
    assert 'gt_label_distribution' not in pack(dict(imgs=torch.zeros(1), label=1))['data_samples']
