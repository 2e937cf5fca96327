"""Config file and checkpoint of a small FAN that looks at every frame."""
from __future__ import annotations

from pathlib import Path

import torch
from mmengine import Config
from mmengine.model import BaseModel

import mmfer.models  # noqa: F401
from mmfer.registry import MODELS
from mmfer.testing import fill_parameters

CLASSES = ('anger', 'fear', 'happiness')
_CONFIG = f"""
default_scope = 'mmfer'
model = dict(
    type='ExpressionRecognizer',
    backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, ), base_channels=8,
                  stem_channels=8),
    neck=dict(type='FANNeck'), cls_head=dict(type='LinearHead', num_classes=3))
test_pipeline = [dict(type='AllFrames'), dict(type='LoadFrames', size=(32, 32)),
                 dict(type='FormatFrames'), dict(type='PackExpressionInputs')]
test_dataloader = dict(
    batch_size=1, sampler=dict(type='EpochSampler', shuffle=False, round_up=False),
    dataset=dict(type='ExpressionDataset', classes={CLASSES}, pipeline=test_pipeline))
"""


def write_fan(folder: Path, head_scale: float = 1.) -> BaseModel:
    """Writes ``fan.py`` and ``fan.pth``, and gives the model in evaluation mode.

    Args:
        folder: Exists.
        head_scale: Factor of the head's weights; below 1 answers are less sure.
    """
    (folder / 'fan.py').write_text(_CONFIG)
    model = fill_parameters(MODELS.build(Config.fromfile(folder / 'fan.py').model)).eval()
    for parameter in model.cls_head.parameters():
        parameter.data *= head_scale
    torch.save(dict(state_dict=model.state_dict(), meta={}), folder / 'fan.pth')
    return model
