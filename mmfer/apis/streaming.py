"""Answers for live or endless video: constant memory, constant cost of a frame.

Axes: C classes.
"""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray
from torch import nn

from mmfer.apis.answers import Answer, answer_of
from mmfer.apis.encoder import FrameEncoder
from mmfer.apis.frame_ring import FrameRing
from mmfer.apis.frame_transforms import FrameTransforms
from mmfer.apis.loading import load_model
from mmfer.apis.pipeline import Step, split_pipeline
from mmfer.apis.windows import SamplePlan, WindowSampling, answer_windows
from mmfer.errors import ConfigError, MediaError

__all__ = ['WINDOW', 'StreamAnswer', 'StreamingRecognizer']

WINDOW = 50
"""Frames of a window where nothing is said: two seconds at 25 Hz."""


@dataclass(frozen=True)
class StreamAnswer:
    """What is said of one person at one moment.

    Attributes:
        id: Of the person.
        frame: Number of the frame that came last, with which the window ends.
        seen: Whether the person's face was on it.
        coverage: Share of the window's frames with the person's face, in (0, 1]; in the
            beginning, of those since the stream began.
        now: (C,) float32 probabilities of this moment: those of the window or, of a model that
            answers for every frame, those of the newest sampled frame.
        label: Name of the class with the highest of them.
        window: The whole answer for the window, as for a clip.
    """

    id: int
    frame: int
    seen: bool
    coverage: float
    now: NDArray[np.float32]
    label: str
    window: Answer


class StreamingRecognizer:
    """Answers for windows that end with the newest frame, for any number of people.

    A frame passes its transforms and the trunk once, when it comes; kept are the vectors of
    each person's last ``window`` frames, in memory taken once. Every ``stride`` frames
    neck and head answer for each person's window what the test would answer for the same
    crops as a clip: the frames are sampled as in the test.

    A window spans ``window`` frames of the video. Those without the person's face are to the
    test pipeline what frames without a face of a clip are: left out, unless it has
    ``MissingFaces``, whose policy then holds. Frames that never came, because a camera was
    faster than the model, are such frames for everybody. A person whose face was on none of
    the last ``forget_after`` frames is forgotten.

    What can stream: models that encode frame by frame (``ExpressionRecognizer``), with a
    sampler that draws nothing (AllFrames, UniformSample, ClipSample in test mode, WindowSample)
    and transforms that treat every frame alone (resizing, cropping at a fixed place); anything
    else is refused with the reason.

    Args:
        recognizer: Is put into evaluation mode.
        pipeline: The test pipeline, configs or built steps.
        window: Frames of a window; by default 50, or those of the sampler where it cuts clips
            into windows.
        stride: Frames between answers.
        min_frames: Frames with a face that a window has at least when it is answered for.
        forget_after: ``window`` by default, and at most.
        frame_chunk: Most frames in the trunk at a time; the recognizer's own by default.
        amp: Run the recognizer in 16 bits.
        classes: Names of the C classes; their numbers from 0 by default.

    Raises:
        ConfigError: The method cannot stream, or a number is impossible.
    """

    def __init__(self, recognizer: nn.Module, pipeline: Sequence[Mapping[str, Any] | Step],
                 window: int | None = None, stride: int = 1, min_frames: int = 1,
                 forget_after: int | None = None, frame_chunk: int | None = None,
                 amp: bool = False, classes: Sequence[str] | None = None) -> None:
        self.encoder = FrameEncoder(recognizer, frame_chunk, amp)
        sampling, transforms = split_pipeline(pipeline)
        self.sampling, self.transforms = WindowSampling(sampling), FrameTransforms(transforms)
        self.window = window if window is not None else self.sampling.longest or WINDOW
        self.stride, self.min_frames = stride, min_frames
        self.forget_after = forget_after if forget_after is not None else self.window
        count = self.encoder.recognizer.cls_head.num_classes
        self.classes = tuple(map(str, range(count))) if classes is None else tuple(classes)
        self._check()
        self._people: dict[int, FrameRing] = {}
        self._first: int | None = None
        self._newest: int | None = None
        self._answered: int | None = None

    @classmethod
    def from_config(cls, config: str | os.PathLike[str], checkpoint: str | os.PathLike[str],
                    device: str | torch.device | None = None,
                    cfg_options: Mapping[str, Any] | None = None,
                    class_names: Sequence[str] | None = None,
                    **settings: Any) -> StreamingRecognizer:
        """Of a config file and a checkpoint of its model.

        Args:
            config: Config file; the model and the test pipeline count.
            checkpoint: Checkpoint; nothing in it is run.
            device: A GPU where there is one by default.
            cfg_options: Dotted keys and their values, as of ``--cfg-options``.
            class_names: Where neither config nor checkpoint tells them.
            **settings: Further arguments of the class.

        Raises:
            CheckpointError: The checkpoint is unsafe or damaged, or not of this model.
            ConfigError: The config is malformed, or the method cannot stream.
        """
        loaded = load_model(config, checkpoint, device, cfg_options=cfg_options,
                            classes=class_names)
        return cls(loaded.model, loaded.cfg.test_dataloader.dataset.pipeline,
                   classes=loaded.classes, **settings)

    def _check(self) -> None:
        for name in ('window', 'stride', 'min_frames', 'forget_after'):
            if getattr(self, name) < 1:
                raise ConfigError(f'{name}={getattr(self, name)}: must be at least 1')
        for name in ('min_frames', 'forget_after'):
            if getattr(self, name) > self.window:
                raise ConfigError(f'{name}={getattr(self, name)}: a window has '
                                  f'{self.window} frames; give at most that many')
        longest = self.sampling.longest
        if longest is not None and self.window > longest:
            raise ConfigError(f'window={self.window}: the test pipeline answers for windows of '
                              f'{longest} frames (WindowSample); take window={longest}')
        for total in range(self.min_frames, self.window + 1):
            self.sampling.plan(np.ones(total, bool))

    @property
    def people(self) -> tuple[int, ...]:
        """Ids of those who are remembered, ascending."""
        return tuple(sorted(self._people))

    def reset(self) -> None:
        """Forgets everybody, and the numbers of the frames: for another video."""
        self._people.clear()
        self._first = self._newest = self._answered = None

    def update(self, frame: int, crops: Mapping[int, NDArray[np.uint8]]) -> list[StreamAnswer]:
        """Takes a frame in.

        Args:
            frame: Its number; higher than that of the frame before it, by more than 1 where
                frames were left out.
            crops: Face crops by id of the person, (H, W, 3) uint8 RGB, made as those that
                the model was trained on; may be empty.

        Returns:
            Answers for everybody who is remembered and has ``min_frames`` frames in the
            window, by id ascending; empty between answers.

        Raises:
            MediaError: The number is not higher, or a crop is no such image.
            ConfigError: The method cannot answer for so many frames.
        """
        if self._newest is not None and frame <= self._newest:
            raise MediaError(f'frame {frame} came after frame {self._newest}; give frames in '
                             'order, or call reset() for another video')
        ready = {person: self.transforms(crops[person]) for person in sorted(crops)}
        for (person, _), encoded in zip(ready.items(), self.encoder(list(ready.values())),
                                        strict=True):
            if person not in self._people:
                self._people[person] = FrameRing(self.window, encoded)
            self._people[person].put(frame, encoded)
        self._newest = frame
        if self._first is None:
            self._first = frame
        self._people = {person: ring for person, ring in self._people.items()
                        if frame - ring.newest < self.forget_after}
        if self._answered is not None and frame - self._answered < self.stride:
            return []
        answers = self._answers(frame)
        if answers:
            self._answered = frame
        return answers

    def _answers(self, frame: int) -> list[StreamAnswer]:
        begin = max(frame - self.window + 1, frame if self._first is None else self._first)
        numbers = {person: self._people[person].numbers(frame) for person in self.people}
        asked = [person for person, found in numbers.items() if len(found) >= self.min_frames]
        every = np.arange(begin, frame + 1)
        plans = [self.sampling.plan(np.isin(every, numbers[person])) for person in asked]
        windows = [self._people[person].take(numbers[person]) for person in asked]
        answers = answer_windows(self.encoder, windows, plans)
        return [self._answer(person, every, numbers[person], plan, answer)
                for person, plan, answer in zip(asked, plans, answers, strict=True)]

    def _answer(self, person: int, every: NDArray[np.int64], numbers: NDArray[np.int64],
                plan: SamplePlan, sample: ActionDataSample) -> StreamAnswer:
        window = answer_of(sample, self.classes, every[plan.places], plan.clips, plan.counted)
        now = window.probabilities
        if window.frame_probabilities is not None:
            # of a frame that was sampled twice, the first answer counts, as in a test
            newest = np.where(plan.counted, plan.places, -1).argmax()
            now = window.frame_probabilities[int(newest)]
        return StreamAnswer(person, int(every[-1]), bool(numbers[-1] == every[-1]),
                            len(numbers) / len(every), now, self.classes[int(now.argmax())], window)
