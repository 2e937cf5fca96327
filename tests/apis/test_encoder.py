import numpy as np
import pytest
import torch
from torch import nn

from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.errors import ConfigError, MediaError
from mmfer.structures import SPATIAL_MAPS
from mmfer.testing import BFLOAT16, FLOAT32, make_batch
from mmfer.testing.recognizers import make_recognizer

from .counting import CountingTrunk

ATTENTION = dict(type='SpatialAttentionPool', heads=2, hidden_channels=4)


def counting(**parts):
    model = make_recognizer(**parts)
    model.backbone = CountingTrunk(model.backbone)
    return model


def people(*lengths):
    return make_batch(lengths)['inputs']


def test_vectors_and_weights_are_those_of_the_recognizer():
    model = make_recognizer(frame_pool=ATTENTION, dtype=torch.float32).eval()
    crops = people(5)[0]
    encoded = FrameEncoder(model)(crops)
    vectors, weights = model.encode_frames(crops)
    assert torch.equal(encoded.vectors, vectors) and len(encoded) == 5
    assert encoded.vectors.dtype == torch.float32 and not encoded.vectors.requires_grad
    assert set(encoded.weights) == {SPATIAL_MAPS}
    assert encoded.weights[SPATIAL_MAPS].shape == (5, 2, 4, 4)
    assert torch.equal(encoded.weights[SPATIAL_MAPS], weights[SPATIAL_MAPS])


@pytest.mark.parametrize('chunk, calls', [(1, [1] * 8), (3, [3, 3, 2]), (4, [4, 4]), (64, [8])])
def test_frames_of_several_people_share_micro_batches(chunk, calls):
    model = counting(frame_pool=ATTENTION)
    crops = people(1, 5, 2)
    encoded = FrameEncoder(model, frame_chunk=chunk)(crops)
    assert model.backbone.calls == calls
    for one, together in zip(crops, encoded, strict=True):
        alone = FrameEncoder(model)(one)
        torch.testing.assert_close(together.vectors, alone.vectors)
        torch.testing.assert_close(together.weights, alone.weights)


def test_answers_from_kept_vectors_are_those_from_the_frames():
    model = make_recognizer(dict(type='FANNeck'), frame_pool=ATTENTION, dtype=torch.float32).eval()
    batch = make_batch([3, 5])
    expected = model.test_step(batch)
    encoder = FrameEncoder(model)
    kept = EncodedFrames.join(encoder(batch['inputs']))
    answers = encoder.answer(kept, ((1, 3), (1, 5)), np.ones(8, bool))
    for answer, sample in zip(answers, expected, strict=True):
        torch.testing.assert_close(answer.pred_score, sample.pred_score, **FLOAT32)
        assert answer.attention[SPATIAL_MAPS].shape == sample.attention[SPATIAL_MAPS].shape
    # a frame that does not count is as one that was never there
    counted = np.array([True] * 7 + [False])
    fewer = encoder.answer(kept, ((1, 3), (1, 5)), counted)[1]
    alone = encoder.answer(kept.take(slice(3, 7)), ((1, 4), ), np.ones(4, bool))[0]
    torch.testing.assert_close(fewer.pred_score, alone.pred_score, **FLOAT32)


def test_chunk_of_the_recognizer_is_the_default():
    model = counting(frame_chunk=2)
    FrameEncoder(model)(people(5)[0])
    assert model.backbone.calls == [2, 2, 1]


def test_evaluation_mode_and_nobody():
    model = make_recognizer().train()
    encoder = FrameEncoder(model)
    assert not model.training and encoder([]) == []


def test_amp_keeps_float32_near_the_full_precision():
    model = make_recognizer(dtype=torch.float32)
    crops = people(4)[0]
    full, half = FrameEncoder(model)(crops), FrameEncoder(model, amp=True)(crops)
    assert half.vectors.dtype == torch.float32
    assert not torch.equal(half.vectors, full.vectors)
    torch.testing.assert_close(half.vectors, full.vectors, **BFLOAT16)


def test_taking_and_joining():
    encoded = FrameEncoder(make_recognizer(frame_pool=ATTENTION, dtype=torch.float32))(
        people(4)[0])
    first, last = encoded.take(slice(0, 3)), encoded.take(torch.tensor([3]))
    again = EncodedFrames.join([first, last])
    assert torch.equal(again.vectors, encoded.vectors)
    assert torch.equal(again.weights[SPATIAL_MAPS], encoded.weights[SPATIAL_MAPS])
    turned = encoded.take(torch.tensor([2, 0, 0]))
    assert torch.equal(turned.vectors, encoded.vectors[[2, 0, 0]])
    assert torch.equal(turned.weights[SPATIAL_MAPS], encoded.weights[SPATIAL_MAPS][[2, 0, 0]])
    assert encoded.to('cpu').vectors.device.type == 'cpu'


@pytest.mark.parametrize('crops, message', [
    (torch.zeros(2, 3, 8, 8), r'person 1 of 1: crops must be uint8 .* not torch.float32'),
    (torch.zeros(3, 8, 8, dtype=torch.uint8), r'not torch.uint8 \(3, 8, 8\)'),
    (torch.zeros(0, 3, 8, 8, dtype=torch.uint8), 'T >= 1'),
    (torch.zeros(2, 8, 8, 3, dtype=torch.uint8), r'\(2, 8, 8, 3\)'),
])
def test_other_crops_are_refused(crops, message):
    with pytest.raises(MediaError, match=message):
        FrameEncoder(make_recognizer())(crops)


def test_people_of_different_sizes_are_refused():
    crops = [torch.zeros(1, 3, 32, 32, dtype=torch.uint8),
             torch.zeros(1, 3, 32, 40, dtype=torch.uint8)]
    with pytest.raises(MediaError, match=r'person 2 of 2: crops are \(32, 40\) px .*one size'):
        FrameEncoder(make_recognizer())(crops)


def test_other_models_and_chunks_are_refused():
    with pytest.raises(ConfigError, match='Linear does not encode a video frame by frame'):
        FrameEncoder(nn.Linear(2, 2))
    with pytest.raises(ConfigError, match='frame_chunk=0'):
        FrameEncoder(make_recognizer(), frame_chunk=0)


def test_a_deep_trunk_gives_the_same_alone_and_in_company():
    trunk = dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, ), base_channels=8,
                 stem_channels=8)
    model = make_recognizer(backbone=trunk, dtype=torch.float32)
    crops = people(3, 4)
    for one, together in zip(crops, FrameEncoder(model, frame_chunk=2)(crops), strict=True):
        torch.testing.assert_close(together.vectors, FrameEncoder(model)(one).vectors, **FLOAT32)
