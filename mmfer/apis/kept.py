"""What is kept of the crops of several people, so that any of their frames can be answered for.

Models that encode single frames keep vectors: each crop passes the trunk once, together with
those of other people, and is then forgotten. Others keep the crops.

Axes: T frames of a person, D channels.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.model import BaseModel
from numpy.typing import NDArray

from mmfer.apis.answers import Answer, answer_of
from mmfer.apis.clips import CropClip
from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.apis.preparation import Layout, TestPipeline
from mmfer.models import ExpressionRecognizer
from mmfer.structures import counted_frames

__all__ = ['Asked', 'KeptCrops', 'KeptFrames', 'KeptVectors', 'answer_samples', 'keep_frames']

_SAMPLED = 2**13
"""Sampled frames that neck and head take at once."""


@dataclass(frozen=True)
class Asked:
    """Some frames of a person that an answer is asked for.

    Attributes:
        person: Id.
        first: Which of the person's crops is the first one, from 0.
        clip: Numbers and statuses of the frames, as a pipeline is to see them.
    """

    person: int
    first: int
    clip: CropClip


class KeptFrames(ABC):
    """Crops that were put in, in the order of each person's frames."""

    @abstractmethod
    def put(self, person: int, crop: NDArray[np.uint8]) -> None:
        """Takes a person's next crop, (H, W, 3) uint8 RGB."""

    @abstractmethod
    def answers(self, asked: Sequence[Asked], classes: Sequence[str]) -> Iterator[list[Answer]]:
        """For each of what is asked the answers to the samples that the dataset makes of it."""


def keep_frames(model: BaseModel, pipeline: TestPipeline, amp: bool = False) -> KeptFrames:
    """The way of keeping frames that a model allows."""
    if isinstance(model, ExpressionRecognizer) and pipeline.splits:
        return KeptVectors(FrameEncoder(model, amp=amp), pipeline)
    return KeptCrops(model, pipeline, amp)


class KeptVectors(KeptFrames):
    """Frame vectors, made as soon as there are crops enough for a chunk.

    Args:
        encoder: Trunk and frame pool.
        pipeline: Its steps behind the sampler prepare the crops.
    """

    def __init__(self, encoder: FrameEncoder, pipeline: TestPipeline) -> None:
        self._encoder, self._pipeline = encoder, pipeline
        self._waiting: list[tuple[int, NDArray[np.uint8]]] = []
        self._parts: dict[int, list[EncodedFrames]] = defaultdict(list)
        self._crop_shape: tuple[int, ...] = ()
        self._black: EncodedFrames | None = None

    def put(self, person: int, crop: NDArray[np.uint8]) -> None:
        """See :class:`KeptFrames`."""
        self._waiting.append((person, crop))
        if len(self._waiting) >= self._encoder.frame_chunk:
            self._encode_waiting()

    def _encode_waiting(self) -> None:
        if not self._waiting:
            return
        owners = np.array([person for person, _ in self._waiting])
        encoded = self._encode([crop for _, crop in self._waiting])
        self._crop_shape = self._waiting[0][1].shape
        for person in np.unique(owners).tolist():
            rows = torch.from_numpy(np.flatnonzero(owners == person))
            self._parts[person].append(encoded.take(rows))
        self._waiting = []

    def _encode(self, crops: list[NDArray[np.uint8]]) -> EncodedFrames:
        frames = self._pipeline.frames(CropClip.of_images(crops, 'faces'), np.arange(len(crops)))
        return self._encoder(frames).to('cpu')

    def answers(self, asked: Sequence[Asked], classes: Sequence[str]) -> Iterator[list[Answer]]:
        """See :class:`KeptFrames`."""
        self._encode_waiting()
        position, sampled = 0, 0
        waiting: list[tuple[Asked, list[Layout]]] = []
        for one in asked:
            layouts = list(self._pipeline.layouts(one.clip, position))
            position += len(layouts)
            sampled += sum(len(layout.rows) for layout in layouts)
            waiting.append((one, layouts))
            if sampled >= _SAMPLED:
                yield from self._answer(waiting, classes)
                waiting, sampled = [], 0
        if waiting:
            yield from self._answer(waiting, classes)

    def _answer(self, asked: Sequence[tuple[Asked, list[Layout]]],
                classes: Sequence[str]) -> Iterator[list[Answer]]:
        layouts = [layout for _, several in asked for layout in several]
        rows = EncodedFrames.join([self._rows(one, layout) for one, several in asked
                                   for layout in several]).to(self._encoder.device)
        counted = [counted_frames(layout.present) for layout in layouts]
        predicted = self._encoder.answer(rows, tuple(layout.clips for layout in layouts),
                                         np.concatenate(counted))
        answers = iter([answer_of(sample, classes, layout.numbers, layout.clips, present)
                        for sample, layout, present in zip(predicted, layouts, counted,
                                                           strict=True)])
        for _, several in asked:
            yield [next(answers) for _ in several]

    def _rows(self, one: Asked, layout: Layout) -> EncodedFrames:
        """The vectors of sampled frames (T,), with black pictures where the sampler fills up."""
        rows = self._vectors(one.person).take(torch.from_numpy(one.first + layout.rows))
        if not layout.blank.any():
            return rows
        if self._black is None:
            self._black = self._encode([np.zeros(self._crop_shape, np.uint8)])
        return EncodedFrames.join([
            self._black if blank else rows.take(slice(row, row + 1))
            for row, blank in enumerate(layout.blank.tolist())])

    def _vectors(self, person: int) -> EncodedFrames:
        parts = self._parts[person]
        if len(parts) > 1:
            parts[:] = [EncodedFrames.join(parts)]
        return parts[0]


class KeptCrops(KeptFrames):
    """The crops themselves: memory grows with them.

    For models that look at several frames at once (3D trunks) or at several views of each.

    Args:
        model: Any recognizer.
        pipeline: Its test pipeline.
        amp: Automatic mixed precision.
    """

    def __init__(self, model: BaseModel, pipeline: TestPipeline, amp: bool = False) -> None:
        self._model, self._pipeline, self._amp = model, pipeline, amp
        self._crops: dict[int, list[NDArray[np.uint8]]] = defaultdict(list)

    def put(self, person: int, crop: NDArray[np.uint8]) -> None:
        """See :class:`KeptFrames`."""
        self._crops[person].append(crop)

    def answers(self, asked: Sequence[Asked], classes: Sequence[str]) -> Iterator[list[Answer]]:
        """See :class:`KeptFrames`."""
        clips = []
        for one in asked:
            crops = self._crops[one.person][one.first:one.first + len(one.clip)]
            clips.append(CropClip.of_images(crops, one.clip.name, one.clip.numbers,
                                            one.clip.face_status))
        yield from answer_samples(self._model, self._pipeline, clips, classes, self._amp)


@torch.no_grad()
def answer_samples(model: BaseModel, pipeline: TestPipeline, clips: Sequence[CropClip],
                   classes: Sequence[str], amp: bool = False,
                   batch_size: int | None = None) -> Iterator[list[Answer]]:
    """For each clip the answers to its samples, in batches as a test has them.

    Args:
        model: Any recognizer, in evaluation mode.
        pipeline: Its test pipeline.
        clips: Crops of one person each.
        classes: Names.
        amp: Automatic mixed precision.
        batch_size: Samples in a batch; the config's by default.
    """
    samples = [(clip, repeat) for clip in clips for repeat in range(pipeline.repeats(clip))]
    size = batch_size or pipeline.batch_size
    device = next(model.parameters()).device  # the model's, which need not be the machine's best
    found: list[Answer] = []
    ready = 0
    for start in range(0, len(samples), size):
        packed = [pipeline.pack(clip, start + place, repeat)
                  for place, (clip, repeat) in enumerate(samples[start:start + size])]
        with torch.autocast(device.type, enabled=amp):
            predicted = model.test_step(pseudo_collate(packed))
        found += [answer_of(sample, classes) for sample in predicted]
        while ready < len(clips) and len(found) >= pipeline.repeats(clips[ready]):
            count = pipeline.repeats(clips[ready])
            yield found[:count]
            found, ready = found[count:], ready + 1
