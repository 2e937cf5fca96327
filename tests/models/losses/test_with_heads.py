"""Every head with every loss: cross entropy's limits hold, and gradients flow."""
from __future__ import annotations

import pytest
import torch
from mmaction.models import BaseHead
from mmaction.structures import ActionDataSample
from mmengine.registry import init_default_scope

from mmfer.errors import AnnotationError, ConfigError
from mmfer.models import heads
from mmfer.models.heads.per_frame_head import PerFrameHead
from mmfer.models.packing import lengths_to_mask
from mmfer.registry import MODELS
from mmfer.structures import VideoFeatures
from mmfer.testing import FLOAT32, fill_parameters, make_batch

LENGTHS, D, C = (4, 2, 3), 6, 5
OF_VIDEOS = ('LinearHead', 'MLPHead')
# those of MMAction2's recognizers name the loss otherwise, see the last test
HEADS = [name for name in heads.__all__ if not issubclass(getattr(heads, name), BaseHead)]
SOFT = dict(type='SoftmaxCrossEntropyLoss', soft_labels=True)
FOR_FRAMES = [name for name in HEADS if issubclass(getattr(heads, name), PerFrameHead)]
LOSSES = {
    'smooth': dict(type='SoftmaxCrossEntropyLoss', label_smoothing=0.1),
    'weighted': dict(type='SoftmaxCrossEntropyLoss', class_weight='balanced'),
    'focal': dict(type='SoftmaxFocalLoss', gamma=2.0, class_weight='effective'),
}
NEUTRAL = {  # each of them is cross entropy
    'smooth': dict(type='SoftmaxCrossEntropyLoss', label_smoothing=0.0),
    'weighted': dict(type='SoftmaxCrossEntropyLoss', class_weight=[1.0] * C),
    'focal': dict(type='SoftmaxFocalLoss', gamma=0.0),
}


def features_for(name: str) -> VideoFeatures:
    generator = torch.Generator().manual_seed(0)
    mask = lengths_to_mask(LENGTHS)
    shape = (len(LENGTHS), D) if name in OF_VIDEOS else (*mask.shape, D)
    return VideoFeatures(torch.randn(shape, generator=generator, requires_grad=True), mask)


def run(name: str, loss: dict | None) -> tuple[torch.Tensor, VideoFeatures]:
    head = fill_parameters(getattr(heads, name)(num_classes=C, in_channels=D, loss=loss)).eval()
    set_counts = getattr(head.loss_cls, 'set_counts', None)
    if set_counts:
        set_counts([3, 1, 10, 2, 5])
    features = features_for(name)
    samples = make_batch(LENGTHS, num_classes=C)['data_samples']
    return head.loss(features, samples)['loss_cls'], features


@pytest.mark.parametrize('loss', LOSSES)
@pytest.mark.parametrize('name', HEADS)
def test_head_with_loss(name, loss):
    plain, _ = run(name, None)
    torch.testing.assert_close(run(name, NEUTRAL[loss])[0], plain, **FLOAT32)
    value, features = run(name, LOSSES[loss])
    assert value.ndim == 0 and value.isfinite() and value != plain
    value.backward()
    per_frame = features.feats.grad.abs().sum(dim=-1)
    assert per_frame.isfinite().all()
    if per_frame.ndim == 2:
        assert ((per_frame > 0) == features.mask).all()
    else:
        assert (per_frame > 0).all()


def run_soft(name: str, shares: torch.Tensor | None) -> tuple[torch.Tensor, float, VideoFeatures]:
    head = fill_parameters(getattr(heads, name)(num_classes=C, in_channels=D, loss=SOFT)).eval()
    features = features_for(name)
    samples = make_batch(LENGTHS, num_classes=C)['data_samples']
    for sample, row in zip(samples, [] if shares is None else shares):
        sample.set_field(row, 'gt_label_distribution')
    losses = head.loss(features, samples)
    return losses['loss_cls'], float(losses['top1_acc']), features


@pytest.mark.parametrize('name', [name for name in HEADS if name not in FOR_FRAMES])
def test_soft_labels(name):
    labels = torch.cat([s.gt_label for s in make_batch(LENGTHS, num_classes=C)['data_samples']])
    hot = torch.nn.functional.one_hot(labels, C).float()
    hard, _ = run(name, None)
    loss, right, _ = run_soft(name, hot)
    assert loss == hard  # to the last bit
    # the loss is linear in the distribution, and the accuracy counts the label all the same
    other = torch.nn.functional.one_hot((labels + 1) % C, C).float()
    mixed, still, features = run_soft(name, 0.75 * hot + 0.25 * other)
    torch.testing.assert_close(mixed, 0.75 * loss + 0.25 * run_soft(name, other)[0], **FLOAT32)
    assert still == right
    mixed.backward()
    assert features.feats.grad.isfinite().all() and (features.feats.grad != 0).any()
    with pytest.raises(AnnotationError, match="clip 'clip0' has no label_distribution"):
        run_soft(name, None)


@pytest.mark.parametrize('name', FOR_FRAMES)
def test_frames_have_no_soft_labels(name):
    with pytest.raises(ConfigError, match=f'{name}: the loss has soft_labels=True, but labels of '
                                          'frames have no distributions'):
        getattr(heads, name)(num_classes=C, in_channels=D, loss=SOFT)


def test_heads_of_the_host_have_no_soft_labels():
    init_default_scope('mmfer')
    head = MODELS.build(dict(type='I3DHead', num_classes=C, in_channels=D, topk=(1, ),
                             loss_cls=SOFT))
    sample = ActionDataSample().set_gt_label(1)
    with pytest.raises(ConfigError, match="MMAction2's have none"):
        head.loss(torch.randn(2, D, 2, 2, 2), [sample, sample])


@pytest.mark.parametrize('loss', LOSSES)
def test_heads_of_the_host(loss):
    init_default_scope('mmfer')  # as the runner does
    head = MODELS.build(dict(type='I3DHead', num_classes=C, in_channels=D, topk=(1, ),
                             loss_cls=NEUTRAL[loss], dropout_ratio=0.0))
    feats, labels = torch.randn(3, D, 2, 2, 2), [0, 3, 1]
    samples = [ActionDataSample().set_gt_label(label) for label in labels]
    expected = torch.nn.functional.cross_entropy(head(feats), torch.tensor(labels))
    torch.testing.assert_close(head.loss(feats, samples)['loss_cls'], expected, **FLOAT32)
