"""What is kept of crops answers as the crops themselves would."""
import gc
import weakref

import numpy as np
import pytest
import torch

from mmfer.apis import CropClip, ExpressionInferencer
from mmfer.apis.encoder import FrameEncoder
from mmfer.apis.kept import Asked, KeptCrops, KeptVectors, keep_frames
from mmfer.testing import FLOAT32

from .conftest import CLASSES, ROOT, crops_of

CLIP_METHODS = [
    'configs/fan/fan_r18_unified.py', 'configs/fan/fan_r18_ckplus.py',
    'configs/sa_tp/sa-tp_r18_unified.py', 'configs/ceflnet/ceflnet_r18_unified.py',
    'configs/sa_ca_fa/sa-ca-fa_r18_unified.py', 'configs/cbam_blstm/blstm_r18_unified.py']
FRAMES = 'configs/cbam_blstm/r101_blstm_affwild2.py'
OF_FRAMES = {'model.backbone.depth': 18, 'model.cls_head.hidden_channels': 8}
PEOPLE = {3: list(crops_of('b').values()), 7: list(crops_of('d').values())}


def put_in_turns(kept):
    """Crops of two people as they come from a video: one each, then the longer one's rest."""
    for place in range(max(map(len, PEOPLE.values()))):
        for person, crops in PEOPLE.items():
            if place < len(crops):
                kept.put(person, crops[place])
    return kept


def asked(person, first, numbers, face_status=None):
    return Asked(person, first, CropClip('one', np.array(numbers), dict(start_index=0),
                                         face_status))


SPANS = [asked(3, 0, range(1, 22)), asked(7, 2, [1, 2, 5, 6, 8]), asked(7, 16, [1]),
         asked(3, 5, [2, 3, 4])]


def crops_asked(one):
    crops = PEOPLE[one.person][one.first:one.first + len(one.clip)]
    return CropClip.of_images(crops, 'one', one.clip.numbers, one.clip.face_status)


@pytest.mark.parametrize('config', [*CLIP_METHODS, FRAMES])
def test_vectors_answer_as_the_crops(config, small):
    settings, checkpoint = (small(config, 'frames', **OF_FRAMES) if config == FRAMES else
                            small(config))
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=8,
                                      cfg_options=settings)
    kept = put_in_turns(keep_frames(inferencer.model, inferencer.pipeline))
    assert isinstance(kept, KeptVectors)
    compare(kept, inferencer)


def compare(kept, inferencer):
    answers = list(kept.answers(SPANS, CLASSES))
    expected = [inferencer.answer_clips([crops_asked(one)])[0] for one in SPANS]
    for several, whole in zip(answers, expected, strict=True):
        one = inferencer._joined(several)
        assert one.frames.tolist() == whole.frames.tolist() and one.label == whole.label
        np.testing.assert_allclose(one.probabilities, whole.probabilities, **FLOAT32)
        assert np.array_equal(one.even_share, whole.even_share)
        assert one.attention.keys() == whole.attention.keys()
        for name, weights in whole.attention.items():
            np.testing.assert_allclose(one.attention[name], weights, **FLOAT32)
        if whole.frame_probabilities is not None:
            np.testing.assert_allclose(one.frame_probabilities, whole.frame_probabilities,
                                       **FLOAT32)


@pytest.mark.parametrize('steps', [
    [dict(type='MissingFaces', policy='mask'), dict(type='AllFrames')],
    [dict(type='MissingFaces', policy='repeat'), dict(type='UniformSample', num_frames=6)]],
    ids=['mask', 'repeat'])
def test_vectors_know_of_frames_without_a_face(steps, small):
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    settings = {name: value for name, value in settings.items() if 'pipeline' not in name}
    settings['test_dataloader.dataset.pipeline'] = [
        *steps, dict(type='LoadFrames', size=(32, 32)), dict(type='FormatFrames'),
        dict(type='PackExpressionInputs')]
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    kept = put_in_turns(keep_frames(inferencer.model, inferencer.pipeline))
    compare(kept, inferencer)
    counted = list(kept.answers(SPANS[1:2], CLASSES))[0][0].counted
    if steps[0]['policy'] == 'mask':
        assert counted.tolist() == [True, True, False, False, True, True, False, True]
    else:
        assert counted is None


def test_windows_are_filled_up_with_black_frames(small):
    settings, checkpoint = small(FRAMES, 'frames', **OF_FRAMES, **{
        'test_dataloader.dataset.pipeline.0.tail': 'zeros'})
    inferencer = ExpressionInferencer(ROOT / FRAMES, checkpoint, 'cpu', cfg_options=settings)
    compare(put_in_turns(keep_frames(inferencer.model, inferencer.pipeline)), inferencer)


def test_each_frame_passes_the_trunk_once_in_full_chunks(small, monkeypatch):
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=8,
                                      cfg_options=settings)
    chunks = []
    encode = FrameEncoder.__call__
    monkeypatch.setattr(FrameEncoder, '__call__', lambda self, frames: (
        chunks.append(len(frames)), encode(self, frames))[1])
    kept = put_in_turns(keep_frames(inferencer.model, inferencer.pipeline))
    list(kept.answers(SPANS, CLASSES))
    list(kept.answers(SPANS, CLASSES))
    assert sum(chunks) == sum(map(len, PEOPLE.values())) and set(chunks[:-1]) == {8}


def test_crops_are_forgotten_once_they_are_encoded(small):
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=8,
                                      cfg_options=settings)
    kept, alive = keep_frames(inferencer.model, inferencer.pipeline), []
    for number in range(20):
        crop = np.full((32, 32, 3), number, np.uint8)
        alive.append(weakref.ref(crop))
        kept.put(1, crop)
        del crop
    gc.collect()
    assert [number for number, crop in enumerate(alive) if crop() is not None] == [16, 17, 18, 19]


def test_models_of_several_views_keep_crops(small):
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings,
                                      tta=True)
    kept = put_in_turns(keep_frames(inferencer.model, inferencer.pipeline))
    assert isinstance(kept, KeptCrops)
    compare(kept, inferencer)


def test_mixed_precision_reaches_both_ways(small):
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    for kind in (lambda amp: keep_frames(inferencer.model, inferencer.pipeline, amp),
                 lambda amp: KeptCrops(inferencer.model, inferencer.pipeline, amp)):
        exact, rough = (next(put_in_turns(kind(amp)).answers(SPANS[:1], CLASSES))[0].probabilities
                        for amp in (False, True))
        assert not np.array_equal(exact, rough)
        np.testing.assert_allclose(exact, rough, atol=.05)
    assert next(inferencer.model.parameters()).dtype == torch.float32


def test_mixed_precision_is_that_of_the_model_s_device(small, monkeypatch):
    """Of a model on the CPU of a machine whose best device is another, as MMEngine tells it."""
    config = CLIP_METHODS[0]
    settings, checkpoint = small(config)
    for tta in (False, True):
        inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', amp=True,
                                          cfg_options=settings, tta=tta)
        expected = inferencer.answer_clips([PEOPLE[3]])[0].probabilities
        inferencer.amp = False
        exact = inferencer.answer_clips([PEOPLE[3]])[0].probabilities
        inferencer.amp = True
        for best in ('cuda', 'mps'):
            with monkeypatch.context() as patch:
                for module in ('mmengine.device', 'mmengine.device.utils',
                               'mmengine.runner.amp'):
                    patch.setattr(f'{module}.get_device', lambda best=best: best)
                found = inferencer.answer_clips([PEOPLE[3]])[0].probabilities
            assert np.array_equal(found, expected) and not np.array_equal(found, exact)
