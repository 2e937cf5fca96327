import copy
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from mmfer.errors import AnnotationError, ConfigError
from mmfer.models import ExpressionRecognizer, FrameDataPreprocessor
from mmfer.models.frame_pools import FramePool
from mmfer.registry import MODELS
from mmfer.structures import (
    CLIP_SCORES,
    FRAME_WEIGHTS,
    RELATION_WEIGHTS,
    SELF_WEIGHTS,
    VideoFeatures,
)
from mmfer.testing import BFLOAT16, FLOAT32, fill_parameters, make_batch

ROOT = Path(__file__).resolve().parents[2]
RESNET18 = dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, ))
FAN = dict(neck=dict(type='FANNeck', in_channels=512),
           cls_head=dict(type='LinearHead', num_classes=7, in_channels=1024))
FAN_SELF = dict(neck=dict(type='FANNeck', in_channels=512, relation=False),
                cls_head=dict(type='LinearHead', num_classes=7, in_channels=512))
SCORE_FUSION = dict(cls_head=dict(type='ScoreFusionHead', num_classes=7, in_channels=512))
METHODS = dict(fan=FAN, fan_self=FAN_SELF, score_fusion=SCORE_FUSION)


class CountingTrunk(nn.Module):
    """Two convolutions with a batch normalisation; counts the frames that it encodes."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, stride=4)
        self.norm = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 12, 3, stride=2)
        self.calls = []

    def forward(self, x):
        self.calls.append((len(x), x.is_contiguous(memory_format=torch.channels_last)))
        return self.conv2(self.norm(self.conv1(x)).relu())


MODELS.register_module(module=CountingTrunk, force=True)


def tiny(method='fan', **kwargs):
    parts = copy.deepcopy(METHODS[method])
    for part in parts.values():
        del part['in_channels']
    model = ExpressionRecognizer(dict(type='CountingTrunk'), **{**parts, **kwargs})
    model.backbone.calls.clear()
    return fill_parameters(model)


def prepared(model, lengths, **kwargs):
    return model.data_preprocessor(make_batch(lengths, **kwargs), training=model.training)


@pytest.mark.parametrize('method, count', [('fan', 11_185_225), ('fan_self', 11_180_616),
                                           ('score_fusion', 11_180_103)])
@pytest.mark.parametrize('trunk', [RESNET18, dict(type='torchvision.resnet18')],
                         ids=['mmpretrain', 'torchvision'])
def test_parameters_are_exact_and_each_gets_a_gradient(trunk, method, count):
    model = MODELS.build(dict(type='ExpressionRecognizer', backbone=trunk, **METHODS[method]))
    assert sum(p.numel() for p in model.parameters()) == count
    fill_parameters(model).train()
    losses = model(**prepared(model, [3, 2]), mode='loss')
    losses['loss_cls'].backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize('method', METHODS)
def test_batch_equals_one_by_one(method):
    model = tiny(method).double().eval()
    lengths = (4, 1, 7)
    batch = make_batch(lengths)
    together = model.data_preprocessor(batch)
    loss = model(**together, mode='loss')['loss_cls']
    loss.backward()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters()}
    predictions = model(**together, mode='predict')
    logits = model(together['inputs'])
    scores = [p.pred_score.clone() for p in predictions]
    attention = [dict(p.attention) for p in predictions]
    model.zero_grad()
    for i, length in enumerate(lengths):
        single = dict(inputs=batch['inputs'][i:i + 1], data_samples=batch['data_samples'][i:i + 1])
        data = model.data_preprocessor(single)
        (model(**data, mode='loss')['loss_cls'] / len(lengths)).backward()
        alone = model(**data, mode='predict')[0]
        torch.testing.assert_close(model(data['inputs'])[0], logits[i])
        torch.testing.assert_close(alone.pred_score, scores[i])
        assert alone.attention.keys() == attention[i].keys()
        for name, weights in attention[i].items():
            assert len(weights) == length, name
            torch.testing.assert_close(alone.attention[name], weights)
    for name, parameter in model.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], msg=name)


def test_predictions():
    model = tiny().eval()
    with torch.no_grad():
        samples = model(**prepared(model, [3, 5]), mode='predict')
    for sample, length in zip(samples, (3, 5)):
        assert sample.pred_score.shape == (7, )
        assert float(sample.pred_score.sum()) == pytest.approx(1, abs=1e-5)
        assert sample.pred_label.tolist() == [int(sample.pred_score.argmax())]
        assert set(sample.attention) == {FRAME_WEIGHTS, SELF_WEIGHTS, RELATION_WEIGHTS}
        for weights in sample.attention.values():
            assert weights.shape == (length, ) and weights.dtype == torch.float32
        assert float(sample.attention[FRAME_WEIGHTS].sum()) == pytest.approx(1, abs=1e-5)


def test_prediction_without_samples():
    model = tiny().eval()
    data = model.data_preprocessor(dict(inputs=make_batch([2, 3])['inputs']))
    assert len(model(**data, mode='predict')) == 2
    with pytest.raises(ValueError, match='data_samples'):
        model(**data, mode='loss')
    with pytest.raises(ValueError, match='predictions'):
        model(**data, mode='predictions')


def test_training_encodes_at_once_and_evaluation_in_chunks():
    model = tiny(frame_chunk=3)
    model.train()(**prepared(model, [4, 4]), mode='loss')
    assert [n for n, _ in model.backbone.calls] == [8]
    model.backbone.calls.clear()
    model.eval()
    chunked = model(prepared(model, [4, 4])['inputs'])
    assert [n for n, _ in model.backbone.calls] == [3, 3, 2]
    model.frame_chunk = 64
    torch.testing.assert_close(model(prepared(model, [4, 4])['inputs']), chunked, **FLOAT32)


def test_repeated_frames_are_encoded_once():
    model = tiny().eval()
    batch = make_batch([2, 3])
    batch['data_samples'][0].set_metainfo(dict(frame_gather=np.array([0, 1, 1, 0])))
    logits = model(model.data_preprocessor(batch)['inputs'])
    assert [n for n, _ in model.backbone.calls] == [5]
    batch['inputs'][0] = batch['inputs'][0][[0, 1, 1, 0]]
    del batch['data_samples'][0].frame_gather
    torch.testing.assert_close(model(model.data_preprocessor(batch)['inputs']), logits)


def test_frame_pool_weights_reach_the_sample():
    class Pool(FramePool):
        def forward(self, maps):
            regions = maps.mean(1).flatten(1).softmax(1)
            return maps.mean((2, 3)), {'spatial_maps': regions.unsqueeze(1)}

    model = tiny(frame_chunk=2).eval()
    model.frame_pool = Pool()
    batch = make_batch([2, 3])
    batch['data_samples'][0].set_metainfo(dict(frame_gather=np.array([1, 0, 1])))
    first, second = model(**model.data_preprocessor(batch), mode='predict')
    assert first.attention['spatial_maps'].shape == (3, 1, 9)
    assert second.attention['spatial_maps'].shape == (3, 1, 9)
    maps = first.attention['spatial_maps']
    assert torch.equal(maps[0], maps[2]) and not torch.equal(maps[0], maps[1])


def test_losses_of_the_frame_pool_are_over_sampled_frames():
    class Pool(FramePool):
        def forward(self, maps):
            return maps.mean((2, 3)), {'spatial_maps': maps}

        def losses(self, weights):
            return dict(loss_maps=weights['spatial_maps'].sum())

    model = tiny(frozen=('backbone', )).train()
    model.frame_pool = Pool()
    batch = make_batch([2, 3])
    once = model(**model.data_preprocessor(batch), mode='loss')['loss_maps']
    batch['data_samples'][0].set_metainfo(dict(frame_gather=np.array([0, 1, 0, 1])))
    batch['data_samples'][1].set_metainfo(dict(frame_gather=np.array([0, 1, 2, 0, 1, 2])))
    twice = model(**model.data_preprocessor(batch), mode='loss')['loss_maps']
    torch.testing.assert_close(twice, 2 * once)


def test_neck_is_told_how_the_frames_divide_into_clips():
    class Neck(nn.Module):
        out_channels = 12

        def forward(self, feats, mask, clips):
            weights = feats.new_zeros(len(feats), max(num for num, _ in clips))
            self.seen = clips
            return VideoFeatures(feats.mean(1), mask, {CLIP_SCORES: weights})

    model = tiny(neck=None, cls_head=dict(type='LinearHead', num_classes=7, in_channels=12)).eval()
    model.neck = Neck()
    batch = make_batch([6, 4])
    batch['data_samples'][0].set_metainfo(dict(num_clips=3, clip_len=2))
    first, second = model(**model.data_preprocessor(batch), mode='predict')
    assert model.neck.seen == ((3, 2), (1, 4))
    assert first.attention[CLIP_SCORES].shape == (3, )
    assert second.attention[CLIP_SCORES].shape == (1, )


def test_answers_per_frame_reach_the_sample():
    class Head(nn.Module):
        def predict(self, features):
            return features.feats.softmax(-1), {}

    model = tiny(neck=None, cls_head=SCORE_FUSION['cls_head'] | dict(in_channels=12)).eval()
    model.cls_head = Head()
    first, second = model(**prepared(model, [2, 3]), mode='predict')
    assert first.pred_frame_scores.shape == (2, 12) and second.pred_frame_scores.shape == (3, 12)
    assert 'pred_score' not in first


def test_channels_last():
    plain, last = tiny().eval(), tiny(channels_last=True).eval()
    packed = prepared(plain, [3])['inputs']
    torch.testing.assert_close(last(packed), plain(packed), **FLOAT32)
    assert [c for _, c in last.backbone.calls] == [True]
    assert [c for _, c in plain.backbone.calls] == [False]
    assert last.backbone.conv1.weight.is_contiguous(memory_format=torch.channels_last)


def test_frozen_parts_stay_as_they_are():
    model = tiny(frozen=('backbone', ))
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.1)
    before = {k: v.clone() for k, v in model.state_dict().items()}
    model.train()
    assert model.training and model.neck.training and not model.backbone.norm.training
    model(**prepared(model, [3, 2]), mode='loss')['loss_cls'].backward()
    optimizer.step()
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith('backbone.'), name


def test_part_of_the_trunk_can_be_frozen():
    model = tiny(frozen=('backbone.conv1', 'backbone.norm')).train()
    model(**prepared(model, [3]), mode='loss')['loss_cls'].backward()
    assert model.backbone.conv1.weight.grad is None and not model.backbone.norm.training
    assert model.backbone.conv2.weight.grad is not None
    with pytest.raises(ConfigError, match='backbone, frame_pool, neck, cls_head'):
        tiny(frozen=('trunk', ))


def test_widths_come_from_the_trunk():
    model = tiny('fan')
    assert model.neck.in_channels == 12 and model.cls_head.in_channels == 24
    assert tiny('score_fusion').cls_head.in_channels == 12


class WideningPool(FramePool):
    def __init__(self, in_channels, copies=2):
        super().__init__()
        self.in_channels, self.copies = in_channels, copies
        self.out_channels = copies * in_channels

    def forward(self, maps):
        return maps.mean((2, 3)).repeat(1, self.copies), {}


MODELS.register_module(module=WideningPool, force=True)


@pytest.mark.parametrize('kind', ['WideningPool', WideningPool], ids=['name', 'class'])
def test_widths_come_from_a_frame_pool_that_changes_them(kind):
    model = tiny('fan', frame_pool=dict(type=kind, copies=3)).eval()
    assert model.frame_pool.in_channels == 12
    assert model.neck.in_channels == 36 and model.cls_head.in_channels == 72
    assert model(prepared(model, [2, 3])['inputs']).shape == (2, 7)
    model = tiny('score_fusion', frame_pool=dict(type=kind)).eval()
    assert model.cls_head.in_channels == 24
    assert model(prepared(model, [2, 3])['inputs']).shape == (2, 7)


def test_width_of_a_frame_pool_can_be_given():
    model = tiny('score_fusion', frame_pool=dict(type='WideningPool', in_channels=6))
    assert model.frame_pool.in_channels == 6 and model.cls_head.in_channels == 12


def test_losses_of_parts_are_added():
    class Neck(nn.Module):
        def forward(self, feats, mask, clips):
            return VideoFeatures(feats.mean(1), mask, losses=dict(loss_extra=feats.sum()))

    model = tiny('fan_self').train()
    model.neck = Neck()
    losses = model(**prepared(model, [3]), mode='loss')
    total, log = model.parse_losses(losses)
    torch.testing.assert_close(total, losses['loss_cls'] + losses['loss_extra'])
    assert set(log) == {'loss', 'loss_cls', 'loss_extra', 'top1_acc'}


def test_label_outside_the_classes_names_the_clip():
    model = tiny()
    data = prepared(model, [2, 2])
    data['data_samples'][1].set_gt_label(7)
    with pytest.raises(AnnotationError, match="clip 'clip1' has label 7.*num_classes=7"):
        model(**data, mode='loss')


def test_bad_arguments():
    with pytest.raises(ConfigError, match='frame_chunk'):
        tiny(frame_chunk=0)
    with pytest.raises(ConfigError, match='ScoreFusionHead'):
        model = tiny(neck=None)
        model(prepared(model, [2])['inputs'])


@pytest.mark.parametrize('method', METHODS)
def test_bfloat16_autocast(method):
    model = tiny(method).eval()
    packed = prepared(model, [3, 2])
    expected = model(packed['inputs'])
    with torch.autocast('cpu', dtype=torch.bfloat16):
        torch.testing.assert_close(model(packed['inputs']), expected, **BFLOAT16)
        loss = model.train()(**packed, mode='loss')['loss_cls']
    loss.backward()
    assert loss.dtype == torch.float32
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_train_step_learns_a_batch():
    from mmengine.optim import OptimWrapper
    torch.manual_seed(0)
    model = tiny()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9))
    batch = make_batch([3, 3, 3, 3])
    losses = [model.train().train_step(batch, wrapper)['loss'].item() for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    assert len(model.eval().test_step(batch)) == 4


def test_compiles():
    model = tiny().eval()
    compiled = torch.compile(model, backend='eager')
    for lengths in ([3, 2], [4, 1]):
        packed = prepared(model, lengths)['inputs']
        torch.testing.assert_close(compiled(packed), model(packed))


@pytest.mark.slow
def test_compiled_training_step_equals_the_plain_one():
    from mmengine.optim import OptimWrapper

    def losses(compiled):
        torch.manual_seed(0)
        model = tiny().train()
        wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.05))
        step = torch.compile(model.train_step, backend='eager') if compiled else model.train_step
        return [step(make_batch([3, 2], seed=i), wrapper)['loss'].item() for i in range(4)]

    assert losses(True) == losses(False)


def test_pickled_copy_and_data_preprocessor_module():
    model = tiny(data_preprocessor=FrameDataPreprocessor(mean=(1, 2, 3))).eval()
    packed = prepared(model, [2])['inputs']
    assert torch.equal(copy.deepcopy(model)(packed), model(packed))
    assert not any(k.startswith('data_preprocessor') for k in model.state_dict())


@pytest.mark.parametrize('trunk', [
    dict(type='mmpretrain.VGG', depth=16), dict(type='torchvision.vgg16'),
    dict(type='timm.resnet18'),
], ids=lambda c: c['type'])
def test_other_trunks(trunk):
    model = ExpressionRecognizer(trunk, dict(type='LinearHead', num_classes=7),
                                 neck=dict(type='FANNeck'), frozen=('backbone', )).train()
    losses = model(**prepared(model, [2, 1]), mode='loss')
    losses['loss_cls'].backward()
    assert model.neck.beta.weight.grad.any()


def run_rank(rank, folder):
    import torch.distributed as dist
    from mmengine.model import MMDistributedDataParallel
    from mmengine.optim import OptimWrapper
    torch.set_num_threads(1)
    dist.init_process_group('gloo', f'file://{folder}/rendezvous', world_size=2, rank=rank)
    model = tiny(frozen=('backbone.norm', ))  # its statistics are those of one process
    wrapped = MMDistributedDataParallel(model)
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    batch = make_batch([3, 3, 3, 3])
    wrapped.train()
    wrapped.train_step({k: v[rank::2] for k, v in batch.items()}, wrapper)
    if rank == 0:
        torch.save(model.state_dict(), f'{folder}/weights.pth')
    del wrapped  # or its end, after the group's, may wait for gloo's threads for ever
    dist.destroy_process_group()


def test_two_processes_equal_one(tmp_path):
    from mmengine.optim import OptimWrapper
    # programs of their own: a fork of this process, which has run threads, may hang
    ranks = [subprocess.Popen([sys.executable, __file__, str(rank), str(tmp_path)],
                              env={**os.environ, 'PYTHONPATH': str(ROOT)})
             for rank in range(2)]
    model = tiny(frozen=('backbone.norm', ))
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=0.1))
    model.train().train_step(make_batch([3, 3, 3, 3]), wrapper)
    try:
        assert [rank.wait(timeout=300) for rank in ranks] == [0, 0]
    finally:
        for rank in ranks:
            rank.kill()
    got = torch.load(tmp_path / 'weights.pth', weights_only=True)
    for name, value in model.state_dict().items():
        torch.testing.assert_close(got[name], value, **FLOAT32)


if __name__ == '__main__':
    run_rank(int(sys.argv[1]), sys.argv[2])


@pytest.mark.parametrize('method', METHODS)
def test_frames_without_a_face_count_as_left_out(method):
    """They are not encoded; losses, gradients, answers and attention are those without them."""
    present = [np.array([False, True, False, True]), np.array([True, True, True]),
               np.array([False, False])]
    kept = [np.flatnonzero(there) if there.any() else np.array([0]) for there in present]
    runs = []
    for masked in (True, False):
        model = tiny(method).train()
        model.backbone.norm.eval()
        batch = make_batch([4, 3, 2])
        for i, (there, rows) in enumerate(zip(present, kept)):
            batch['inputs'][i] = batch['inputs'][i][rows]
            if masked:
                gather = np.maximum(np.cumsum(there) - 1, 0)
                batch['data_samples'][i].set_metainfo(
                    dict(frame_present=there, frame_gather=gather))
        data = model.data_preprocessor(batch, training=True)
        losses = model(**data, mode='loss')
        losses['loss_cls'].backward()
        assert [n for n, _ in model.backbone.calls] == [6]
        samples = model.eval()(**data, mode='predict')
        runs.append((losses, [p.grad for p in model.parameters()], samples))
    (losses, gradients, samples), (others, expected, alone) = runs
    torch.testing.assert_close(losses['loss_cls'], others['loss_cls'])
    for gradient, other in zip(gradients, expected):
        torch.testing.assert_close(gradient, other)
    for sample, other, there, rows in zip(samples, alone, present, kept):
        torch.testing.assert_close(sample.pred_score, other.pred_score)
        for name, weights in other.attention.items():
            got = sample.attention[name]
            assert len(got) == len(there)
            torch.testing.assert_close(got[rows], weights)
            assert not np.delete(got.numpy(), rows, axis=0).any()


def test_frames_without_a_face_have_no_part_in_losses_and_maps_of_the_frame_pool():
    class Pool(FramePool):
        def forward(self, maps):
            return maps.mean((2, 3)), {'spatial_maps': maps.exp()}

        def losses(self, weights):
            return dict(loss_maps=weights['spatial_maps'].mean())

    model = tiny(frozen=('backbone', )).train()
    model.frame_pool = Pool()
    batch = make_batch([2, 3])
    plain = model(**model.data_preprocessor(batch), mode='loss')['loss_maps']
    batch['data_samples'][0].set_metainfo(dict(
        frame_gather=np.array([0, 0, 1]), frame_present=np.array([True, False, True])))
    data = model.data_preprocessor(batch)
    torch.testing.assert_close(model(**data, mode='loss')['loss_maps'], plain)
    first, second = model.eval()(**data, mode='predict')
    assert not first.attention['spatial_maps'][1].any()
    assert (first.attention['spatial_maps'][[0, 2]] > 0).all()
    assert (second.attention['spatial_maps'] > 0).all()
