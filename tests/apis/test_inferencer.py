"""The answers of ``ExpressionInferencer`` against those of ``tools/test.py``."""
from __future__ import annotations

import numpy as np
import pytest

from mmfer.apis import CropClip, ExpressionInferencer
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import test as run_test
from mmfer.errors import ConfigError, MediaError
from mmfer.evaluation import read_predictions

from .conftest import CLASSES, LENGTHS, ROOT, crops_of

CLIP_METHODS = {
    'fan': 'configs/fan/fan_r18_unified.py',
    'fan of all frames': 'configs/fan/fan_r18_ckplus.py',
    'temporal softmax': 'configs/sa_tp/sa-tp_r18_unified.py',
    'ceflnet': 'configs/ceflnet/ceflnet_r18_unified.py',
    'sa-ca-fa': 'configs/sa_ca_fa/sa-ca-fa_r18_unified.py',
    'blstm': 'configs/cbam_blstm/blstm_r18_unified.py',
}
FRAMES = 'configs/cbam_blstm/r101_blstm_affwild2.py'
OF_FRAMES = {'model.backbone.depth': 18, 'model.cls_head.hidden_channels': 8}


def predictions_of(config, settings, checkpoint, folder, *flags):
    """Predictions of tools/test.py with the same settings."""
    args = build_parser().parse_args([str(ROOT / config), checkpoint, '--work-dir', str(folder),
                                      *flags])
    args.cfg_options = settings
    path = folder / 'predictions.parquet'
    run_test(prepare(args), checkpoint, str(path))
    return read_predictions(path)


THREE_D = f"""
_base_ = {str(ROOT / 'configs/ceflnet/c3d_bu4dfe.py')!r}
model = dict(
    backbone=dict(_delete_=True, type='ResNet3d', depth=50, base_channels=2, pretrained2d=False,
                  conv1_kernel=(3, 3, 3), norm_eval=False),
    cls_head=dict(num_classes=7, in_channels=64, spatial_type='avg'))
"""


def in_memory(name):
    images = crops_of(name)
    return CropClip.of_images(list(images.values()), name, list(images))


@pytest.mark.parametrize('config', CLIP_METHODS.values(), ids=CLIP_METHODS)
def test_answers_are_those_of_the_test_bit_for_bit(config, small, crops, tmp_path):
    settings, checkpoint = small(config)
    rows = predictions_of(config, settings, checkpoint, tmp_path).rows
    assert [row.clip for row in rows] == list(LENGTHS)
    assert len({row.scores.tobytes() for row in rows}) == len(rows)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    folders = [crops / 'crops' / name for name in LENGTHS]
    for answers in (inferencer.answer_clips(folders),
                    inferencer.answer_clips([in_memory(name) for name in LENGTHS])):
        for row, answer in zip(rows, answers, strict=True):
            check_equal(row, answer)


def check_equal(row, answer):
    assert answer.probabilities.tolist() == row.scores.tolist()
    assert answer.label == CLASSES[row.scores.argmax()]
    assert answer.frames.tolist() == row.frame_numbers.tolist()
    assert answer.attention.keys() == row.attention.keys()
    for name, weights in row.attention.items():
        np.testing.assert_array_equal(answer.attention[name].ravel(), weights.ravel())


def test_answers_per_frame_are_those_of_the_test_bit_for_bit(small, crops, tmp_path):
    settings, checkpoint = small(FRAMES, 'frames', **OF_FRAMES)
    tracks = predictions_of(FRAMES, settings, checkpoint, tmp_path).tracks
    inferencer = ExpressionInferencer(ROOT / FRAMES, checkpoint, 'cpu', cfg_options=settings)
    answers = inferencer.answer_clips([in_memory(name) for name in LENGTHS])
    for track, answer in zip(tracks, answers, strict=True):
        assert answer.frames.tolist() == track.frame_numbers.tolist() == list(
            crops_of(track.clip))
        assert answer.frame_probabilities.tolist() == track.scores.tolist()
        np.testing.assert_allclose(answer.probabilities, track.scores.mean(0), rtol=1e-6)


@pytest.mark.parametrize('flag', ['--tta', '--amp'])
def test_flags_do_what_they_do_in_the_test(flag, small, crops, tmp_path):
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    rows = predictions_of(config, settings, checkpoint, tmp_path, flag).rows
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings,
                                      **{flag.strip('-'): True})
    plain = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    clips = [in_memory(name) for name in LENGTHS]
    for row, answer, other in zip(rows, inferencer.answer_clips(clips), plain.answer_clips(clips),
                                  strict=True):
        check_equal(row, answer)
        assert answer.probabilities.tolist() != other.probabilities.tolist()


def test_recognizers_of_clips_answer_as_in_the_test(small, crops, tmp_path):
    """A 3D trunk sees several frames at once, through MMAction2's own recognizer and sampler."""
    config = tmp_path / 'small_3d.py'
    config.write_text(THREE_D)
    settings, checkpoint = small(config, narrow=False)
    rows = predictions_of(config, settings, checkpoint, tmp_path).rows
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    for row, answer in zip(rows, inferencer.answer_clips([in_memory(name) for name in LENGTHS]),
                           strict=True):
        check_equal(row, answer)


def test_sources_of_one_clip_agree(small, crops):
    """A folder, an array, a list and a generator of the same frames."""
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    images = list(crops_of('a').values())
    sources = [str(crops / 'crops' / 'a'), np.stack(images), images, iter(images)]
    answers = [inferencer.answer_clips([source])[0] for source in sources]
    for answer in answers[1:]:
        assert answer.probabilities.tolist() == answers[0].probabilities.tolist()
        assert len(answer.frames) == len(answers[0].frames)
    assert inferencer.answer_clips([]) == []


def test_memory_is_not_changed_by_the_pipeline(small):
    """MMAction2's Flip mirrors images where they lie."""
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config, **{'test_dataloader.dataset.pipeline.1.size': None})
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings,
                                      tta=True)
    images = np.stack(list(crops_of('a').values()))
    before = images.copy()
    inferencer.answer_clips([images])
    np.testing.assert_array_equal(images, before)


def test_bad_input_is_named(small, tmp_path):
    config = CLIP_METHODS['fan']
    settings, checkpoint = small(config)
    inferencer = ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options=settings)
    with pytest.raises(MediaError, match='nowhere.*does not exist'):
        inferencer.answer_clips([tmp_path / 'nowhere'])
    with pytest.raises(MediaError, match='no image'):
        inferencer.answer_clips([tmp_path])
    with pytest.raises(MediaError, match='float32.*uint8'):
        inferencer.answer_clips([np.zeros((2, 8, 8, 3), np.float32)])
    with pytest.raises(ConfigError, match='at least 1'):
        ExpressionInferencer(ROOT / config, checkpoint, 'cpu', frame_chunk=0,
                             cfg_options=settings)
    with pytest.raises(ConfigError, match='repeat=None'):
        ExpressionInferencer(ROOT / config, checkpoint, 'cpu', cfg_options={
            **settings, 'test_dataloader.dataset.repeat': 'frames'}).answer_clips([in_memory('a')])
