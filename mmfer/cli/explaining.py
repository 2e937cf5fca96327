"""A checkpoint and the test clips of its split; shared by ``explain`` and ``explain_eval``."""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mmaction.structures import ActionDataSample
from mmengine.dataset import pseudo_collate
from mmengine.runner import Runner

from mmfer.cli.trained_model import load_trained_model
from mmfer.errors import ConfigError
from mmfer.explain.answers import check_recognizer
from mmfer.models import ExpressionRecognizer
from mmfer.structures import PackedFrames


@dataclass(frozen=True)
class Subject:
    """What is explained.

    Attributes:
        model: In evaluation mode, on its device.
        dataset: The test clips.
        indices: Their indices, as the sampler gives them: they fix what is drawn at random.
        classes: Names of the classes.
        facts: Identity of config, annotation, protocol and checkpoint.
    """

    model: ExpressionRecognizer
    dataset: Any
    indices: list[int]
    classes: tuple[str, ...]
    facts: dict[str, Any]

    def clip_info(self, index: int) -> tuple[str, int]:
        """Id and true class of a test clip, without reading its frames."""
        info = self.dataset.get_data_info(int(index))
        return str(info['clip']), int(info['label'])

    def videos(self, indices: list[int]) -> Iterator[tuple[PackedFrames, ActionDataSample]]:
        """The clips at some indices, packed one by one."""
        for index in indices:
            batch = self.model.data_preprocessor(pseudo_collate([self.dataset[index]]), False)
            yield batch['inputs'], batch['data_samples'][0]


def load_subject(args: argparse.Namespace) -> Subject:
    """Builds the model, loads its checkpoint, opens the test clips of its split.

    Raises:
        CheckpointError: The checkpoint is not of this model, split or annotation file.
        ConfigError: The model does not encode frame by frame, the dataset does not tell
            its clips, or there is no such device.
    """
    trained = load_trained_model(args)
    cfg, model = trained.cfg, check_recognizer(trained.model)
    loader = Runner.build_dataloader(
        dict(cfg.test_dataloader, num_workers=0, persistent_workers=False),
        seed=cfg.randomness.seed)
    if not hasattr(loader.dataset, 'get_data_info'):
        raise ConfigError(f'{type(loader.dataset).__name__} does not tell its clips; test on an '
                          'ExpressionDataset')
    return Subject(model, loader.dataset, list(loader.sampler),
                   tuple(loader.dataset.metainfo['classes']), trained.facts)
