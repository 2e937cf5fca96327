"""Test-time augmentation of a config: several views of each clip, one answer."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from mmengine import Config

from mmfer.errors import ConfigError

__all__ = ['augment', 'flipped_too']

_FORMATTING = ('FormatFrames', 'FormatShape')


def augment(cfg: Config) -> None:
    """Makes a config test on several views of each clip.

    The views are ``tta_pipeline``, or the test pipeline with and without a flip;
    ``tta_model`` joins the answers. Name and hash of the config change: the predictions are
    of another method.
    """
    dataset = cfg.test_dataloader.dataset
    pipeline = cfg.get('tta_pipeline') or [flipped_too(dataset.pipeline)]
    model = cfg.get('tta_model') or dict(type='ClipTTAModel')
    facts = json.dumps([cfg.config_hash, pipeline, model], sort_keys=True, default=repr)
    cfg.config_hash = hashlib.sha256(facts.encode()).hexdigest()
    cfg.config_name = f'{cfg.config_name}+tta'
    dataset.pipeline = pipeline
    cfg.model = dict(model, module=cfg.model)


def flipped_too(pipeline: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """``TestTimeAug`` of a pipeline: as it is, and mirrored before the frames are formatted.

    Raises:
        ConfigError: The pipeline has no step that formats frames.
    """
    names = [step['type'] for step in pipeline]
    place = next((names.index(name) for name in _FORMATTING if name in names), None)
    if place is None:
        raise ConfigError('--tta: the test pipeline has none of '
                          f'{", ".join(_FORMATTING)}; set tta_pipeline in the config.')
    steps = [[step] for step in pipeline]
    # every view loads its frames itself, for steps change them in place
    return dict(type='TestTimeAug', transforms=[
        *steps[:place], [dict(type='Flip', flip_ratio=ratio) for ratio in (0., 1.)],
        *steps[place:]])
