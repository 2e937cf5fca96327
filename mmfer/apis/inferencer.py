"""From faces in front of a trained model to its answers."""
from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.runner.amp import autocast
from numpy.typing import NDArray

from mmfer.apis.answers import Answer, answer_of, joined
from mmfer.apis.clips import CropClip, open_crops
from mmfer.apis.loading import load_model
from mmfer.apis.preparation import TestPipeline
from mmfer.errors import ConfigError

__all__ = ['Crops', 'ExpressionInferencer']

Crops = str | os.PathLike[str] | NDArray[np.uint8] | Iterable[NDArray[np.uint8]] | CropClip
"""A folder of crops, a video of crops, (T, H, W, 3) uint8 RGB, or an iterable of images."""


class ExpressionInferencer:
    """Answers for people in videos, with the sampling and preprocessing of a config's test.

    Args:
        config: Config file, the user's; what a checkpoint says of its own is never read.
        checkpoint: Checkpoint of its model; read without running anything in it.
        device: A GPU where there is one by default.
        amp: Automatic mixed precision, as of ``tools/test.py --amp``.
        frame_chunk: Most frames in the trunk at a time; the config's by default.
        cfg_options: Dotted keys and their values, as of ``--cfg-options``.
        tta: Average the answers to several views, as ``tools/test.py --tta`` does.
        classes: Names of the classes, where neither config nor checkpoint tells them.

    Raises:
        CheckpointError: The checkpoint is unsafe or damaged, is not of this model, or names
            other classes than the config.
        ConfigError: The config is malformed, there is no such device, or class names are
            unknown or do not fit the model.
    """

    def __init__(self, config: str | os.PathLike[str], checkpoint: str | os.PathLike[str],
                 device: str | torch.device | None = None, amp: bool = False,
                 frame_chunk: int | None = None, *,
                 cfg_options: Mapping[str, Any] | None = None, tta: bool = False,
                 classes: Sequence[str] | None = None) -> None:
        loaded = load_model(config, checkpoint, device, frame_chunk, cfg_options, tta, classes)
        self.cfg, self.model, self.classes = loaded.cfg, loaded.model, loaded.classes
        self.pipeline = TestPipeline(self.cfg)
        self.amp = amp

    @torch.no_grad()
    def answer_clips(self, clips: Sequence[Crops], batch_size: int | None = None) -> list[Answer]:
        """One answer for each clip of crops, as a test of these clips in this order gives it.

        Clips of several people or videos share batches. With equal batches the answers are
        those of ``tools/test.py``, bit for bit on a CPU.

        Args:
            clips: Crops of one person each.
            batch_size: Clips in a batch; the config's ``test_dataloader.batch_size`` by
                default.

        Raises:
            ConfigError: The dataset of the config repeats clips, but the model answers for
                clips as a whole.
            MediaError: A clip does not exist, or has an unreadable frame.
        """
        opened = [open_crops(clip) for clip in clips]
        samples = [(place, repeat) for place, clip in enumerate(opened)
                   for repeat in range(self.pipeline.repeats(len(clip)))]
        found: list[list[Answer]] = [[] for _ in opened]
        size = batch_size or self.pipeline.batch_size
        for start in range(0, len(samples), size):
            batch = samples[start:start + size]
            packed = [self.pipeline.pack(opened[place], start + i, repeat)
                      for i, (place, repeat) in enumerate(batch)]
            with autocast(enabled=self.amp):
                predicted = self.model.test_step(pseudo_collate(packed))
            for (place, _), sample in zip(batch, predicted, strict=True):
                found[place].append(answer_of(sample, self.classes))
        return [self._of_clip(windows) for windows in found]

    def _of_clip(self, windows: list[Answer]) -> Answer:
        if windows[0].frame_probabilities is not None:
            return joined(windows, self.classes)
        if len(windows) > 1:
            raise ConfigError('test_dataloader.dataset.repeat makes several samples of a clip, but '
                              'the model answers for the whole; set repeat=None')
        return windows[0]
