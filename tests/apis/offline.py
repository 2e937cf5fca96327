"""Small models of every method that streams, and their answers by the ordinary test path."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.dataset import pseudo_collate

from mmfer.datasets.memory_frames import MemoryFrames
from mmfer.faces.status_runs import format_runs
from mmfer.models import ExpressionRecognizer
from mmfer.registry import TRANSFORMS
from mmfer.testing.recognizers import make_recognizer

STEPS = [dict(type='LoadFrames'), dict(type='Resize', scale=(36, 36), keep_ratio=False),
         dict(type='CenterCrop', crop_size=32), dict(type='FormatFrames'),
         dict(type='PackExpressionInputs')]
ALL = dict(type='AllFrames')
UNIFORM = dict(type='UniformSample', num_frames=6)
CLIPS = dict(type='ClipSample', test_mode=True)
BLOCKS = dict(type='AttentionResNet', depth=18, out_indices=(3, ), base_channels=8,
              stem_channels=8, record=True, attention=dict(
                  modules=('channel', 'spatial'), position='between_convs',
                  stages=(0, 1, 2, 3), channel=dict(ratio=4), spatial=dict(reduction='conv')))
METHODS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    'fan': (dict(neck=dict(type='FANNeck')), ALL),
    'fan, uniform': (dict(neck=dict(type='FANNeck')), UNIFORM),
    'fan, self': (dict(neck=dict(type='FANNeck', relation=False)), ALL),
    'temporal softmax': (dict(head=dict(type='TemporalSoftmaxHead')), ALL),
    'spatial attention and temporal softmax': (
        dict(head=dict(type='TemporalSoftmaxHead'),
             frame_pool=dict(type='SpatialAttentionPool', hidden_channels=4)), UNIFORM),
    'ceflnet': (dict(neck=dict(type='CEFLNeck', num_heads=1, activation_map=True),
                     head=dict(type='MLPHead', hidden=(4, ))), CLIPS),
    'blstm': (dict(head=dict(type='BLSTMHead', answer='clip')), ALL),
    'blstm of frames': (dict(head=dict(type='BLSTMHead')), ALL),
    'blstm in windows': (dict(head=dict(type='BLSTMHead')),
                         dict(type='WindowSample', length=8, tail='shift')),
    'sa, ca, fa': (dict(backbone=BLOCKS, neck=dict(type='FrameAttentionNeck', num_frames=6)),
                   UNIFORM),
    'score fusion': (dict(head=dict(type='ScoreFusionHead')), ALL),
    'lstm': (dict(neck=dict(type='LSTMNeck', hidden_channels=4)), UNIFORM),
    'mean': (dict(neck=dict(type='MeanNeck')), ALL),
}
"""The parts of the model, and the sampler of its test pipeline."""


def build(method: str, dtype: torch.dtype = torch.float32,
          **parts: Any) -> tuple[ExpressionRecognizer, list[dict[str, Any]]]:
    """A method's recognizer in evaluation mode, and its test pipeline."""
    model, sampler = METHODS[method]
    return make_recognizer(**model, **parts, dtype=dtype).eval(), [sampler, *STEPS]


def faces(count: int, seed: int = 0, size_px: int = 40) -> np.ndarray:
    """Random crops, (count, size_px, size_px, 3) uint8."""
    return np.random.default_rng(seed).integers(0, 256, (count, size_px, size_px, 3), np.uint8)


@torch.no_grad()
def predict(recognizer: ExpressionRecognizer, pipeline: list[dict[str, Any]],
            images: np.ndarray, seen: Sequence[bool] | None = None) -> ActionDataSample:
    """What a test answers for a clip of these crops.

    Args:
        recognizer: In evaluation mode.
        pipeline: Its test pipeline.
        images: The crops.
        seen: Which frames of the clip they are of; all by default.
    """
    numbers = np.arange(len(images)) if seen is None else np.flatnonzero(seen)
    sample = dict(clip='one', memory_frames=MemoryFrames(images, numbers + 1), start_index=0,
                  frame_numbers=None if seen is None else numbers + 1, total_frames=len(images),
                  modality='RGB', offset=0, repeat_index=0, repeat_count=1)
    if seen is not None:
        sample['face_status'] = format_runs('found' if one else 'absent' for one in seen)
    for step in pipeline:
        sample = TRANSFORMS.build(step)(sample)
    batch = recognizer.data_preprocessor(pseudo_collate([sample]), False)
    return recognizer(**batch, mode='predict')[0]


def scores_of(sample: ActionDataSample) -> torch.Tensor:
    """(C,), or (T, C) of a head that answers for every frame."""
    return sample.pred_score if 'pred_score' in sample else sample.pred_frame_scores
