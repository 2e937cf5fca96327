"""From a config and a checkpoint to a model that answers, and the names of its classes.

The config is always the user's file: what a checkpoint says of its configuration is never
read, and nothing in a checkpoint is run.
"""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine import Config
from mmengine.device import get_device
from mmengine.model import BaseModel, BaseTTAModel
from mmengine.registry import init_default_scope

from mmfer.annotations import read_annotations
from mmfer.checkpoints import load_checkpoint_file, load_weights
from mmfer.configuration import load_config
from mmfer.configuration.augmentation import augment
from mmfer.errors import CheckpointError, ConfigError
from mmfer.models import ExpressionRecognizer
from mmfer.registry import MODELS

__all__ = ['LoadedModel', 'build_model', 'class_names', 'load_model']


@dataclass(frozen=True)
class LoadedModel:
    """A model that is ready to answer.

    Attributes:
        cfg: Its config.
        model: In evaluation mode, on its device; a model for test-time augmentation wraps
            the recognizer.
        classes: Names of the C classes.
    """

    cfg: Config
    model: BaseModel
    classes: tuple[str, ...]

    @property
    def recognizer(self) -> ExpressionRecognizer | None:
        """The model, where it encodes single frames and answers to one view of them."""
        return self.model if isinstance(self.model, ExpressionRecognizer) else None


def build_model(cfg: Config, checkpoint: Mapping[str, Any],
                device: str | torch.device | None = None) -> BaseModel:
    """The model of a config with the weights of a checkpoint, in evaluation mode.

    Args:
        cfg: As :func:`~mmfer.configuration.load_config` gives it.
        checkpoint: As :func:`~mmfer.checkpoints.load_checkpoint_file` gives it.
        device: A GPU where there is one by default.

    Raises:
        CheckpointError: The weights are not exactly the model's.
        ConfigError: There is no such device.
    """
    init_default_scope(cfg.get('default_scope', 'mmfer'))
    model = MODELS.build(cfg.model)
    load_weights(model, checkpoint)
    try:
        return model.to(torch.device(device or get_device())).eval()
    except (RuntimeError, AssertionError) as error:
        raise ConfigError(f'--device {device}: {error}') from error


def load_model(config: str | os.PathLike[str], checkpoint: str | os.PathLike[str],
               device: str | torch.device | None = None, frame_chunk: int | None = None,
               cfg_options: Mapping[str, Any] | None = None, tta: bool = False,
               classes: Sequence[str] | None = None) -> LoadedModel:
    """Builds the model of a config file, loads a checkpoint, and finds the class names.

    No annotation, protocol or training data is needed.

    Args:
        config: Config file.
        checkpoint: Checkpoint of its model.
        device: A GPU where there is one by default.
        frame_chunk: Most frames in the trunk at a time; the config's by default. For models
            that encode frame by frame.
        cfg_options: Dotted keys and their values, as of ``--cfg-options``.
        tta: Average the answers to several views, as ``tools/test.py --tta`` does.
        classes: Names of the classes, where neither config nor checkpoint tells them.

    Raises:
        CheckpointError: The checkpoint is unsafe or damaged, is not of this model, or names
            other classes than the config.
        ConfigError: The config is malformed, there is no such device, class names are
            unknown or do not fit the model, or ``frame_chunk`` is below 1 or does not.
    """
    cfg = load_config(config, cfg_options)
    if tta:
        augment(cfg)
    loaded = load_checkpoint_file(checkpoint)
    names = class_names(cfg, loaded, str(checkpoint), classes)
    model = build_model(cfg, loaded, device)
    recognizer = model.module if isinstance(model, BaseTTAModel) else model
    known = getattr(getattr(recognizer, 'cls_head', None), 'num_classes', len(names))
    if known != len(names):
        raise ConfigError(f'the model tells {known} classes apart, but {len(names)} are named: '
                          f'{", ".join(names)}')
    if frame_chunk is not None:
        if frame_chunk < 1:
            raise ConfigError(f'--frame-chunk {frame_chunk}: must be at least 1')
        if not isinstance(recognizer, ExpressionRecognizer):
            raise ConfigError(f'--frame-chunk {frame_chunk}: {type(recognizer).__name__} does not '
                              'encode a video frame by frame (a 3D trunk looks at several frames '
                              'at once); leave --frame-chunk out')
        recognizer.frame_chunk = frame_chunk
    return LoadedModel(cfg, model, names)


def class_names(cfg: Config, checkpoint: Mapping[str, Any], path: str = 'the checkpoint',
                given: Sequence[str] | None = None) -> tuple[str, ...]:
    """Names of the classes, in the order of the model's scores.

    They are taken from what is given, from the test dataset's ``classes`` in the config, from
    what the checkpoint says of its training data, or from the config's annotation file where
    that exists, in this order. Config and checkpoint must not differ.

    Args:
        cfg: The config.
        checkpoint: Its content; plain values.
        path: Where it came from, for messages.
        given: By the caller.

    Raises:
        CheckpointError: What the checkpoint holds are no names, or others than the config's.
        ConfigError: The names are unknown, or no names.
    """
    if given is not None:
        return _checked(given, 'the given classes', ConfigError)
    dataset = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    configured, trained = dataset.get('classes'), _of_checkpoint(checkpoint)
    if trained is not None:
        trained = _checked(trained, f"'{path}': its classes", CheckpointError)
    if configured is not None and not isinstance(configured, str):
        names = _checked(configured, "the config's classes", ConfigError)
        if trained is not None and trained != names:
            raise CheckpointError(f"'{path}' was trained on the classes {', '.join(trained)}, but "
                                  f'the config names {", ".join(names)}')
        return names
    if trained is not None:
        return trained
    file = dataset.get('ann_file')
    if isinstance(file, str) and Path(file).is_file():
        return tuple(read_annotations(file).classes)
    raise ConfigError(f"'{path}' does not say which classes it tells apart, and neither does the "
                      'config; name them in the order of the scores, with --classes or '
                      'classes=(...)')


def _of_checkpoint(checkpoint: Mapping[str, Any]) -> Any:
    meta = checkpoint.get('meta')
    known = meta.get('dataset_meta') if isinstance(meta, Mapping) else None
    return known.get('classes') if isinstance(known, Mapping) else None


def _checked(names: Any, what: str, error: type[Exception]) -> tuple[str, ...]:
    if (isinstance(names, str) or not isinstance(names, Sequence) or not names
            or not all(isinstance(name, str) and name.strip() for name in names)
            or len(set(names)) != len(names)):
        raise error(f'{what} are {str(names)[:200]}; they must be different names')
    return tuple(names)
