"""A model with the weights of its checkpoint; shared by the commands that look into one."""
from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmengine import Config
from mmengine.model import BaseModel

from mmfer.apis.loading import build_model
from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.common import add_config_arguments
from mmfer.cli.provenance import KEY, check_provenance, provenance
from mmfer.configuration import load_config


@dataclass(frozen=True)
class TrainedModel:
    """What the arguments name.

    Attributes:
        cfg: The config.
        model: In evaluation mode, on its device.
        facts: Identity of config, annotation, protocol and checkpoint; ``seed`` is the one
            of the training, where the checkpoint tells it.
    """

    cfg: Config
    model: BaseModel
    facts: dict[str, Any]


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """``CONFIG``, ``CHECKPOINT``, ``--cfg-options``, ``--device``."""
    add_config_arguments(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--device', help='default: a GPU where there is one')


def load_trained_model(args: argparse.Namespace,
                       options: Mapping[str, Any] | None = None) -> TrainedModel:
    """Builds the model of a config and loads its checkpoint.

    Args:
        args: Those of :func:`add_model_arguments`.
        options: Settings of a command's own flags, over ``--cfg-options``.

    Raises:
        CheckpointError: The checkpoint is not of this model, split or annotation file.
        ConfigError: The config is malformed, or there is no such device.
    """
    cfg = load_config(args.config, {**args.cfg_options, **(options or {})})
    checkpoint, facts = load_checkpoint_file(args.checkpoint), provenance(cfg)
    check_provenance(checkpoint, facts, args.checkpoint)
    model = build_model(cfg, checkpoint, args.device)
    trained = (checkpoint.get('meta') or {}).get(KEY) or {}
    facts.update(checkpoint=str(args.checkpoint), seed=trained.get('seed', facts['seed']))
    return TrainedModel(cfg, model, facts)
