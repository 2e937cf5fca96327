"""From face crops to frame vectors, each frame through the trunk once, and on to answers.

Axes: N videos, T frames of a person, H and W pixels, D channels.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import overload

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from numpy.typing import NDArray
from torch import Tensor, nn

from mmfer.errors import ConfigError, MediaError
from mmfer.models.recognizer import ExpressionRecognizer
from mmfer.structures import ClipLayout

__all__ = ['EncodedFrames', 'FrameEncoder', 'check_frame_recognizer']


@dataclass(frozen=True)
class EncodedFrames:
    """What is kept of the frames of one person.

    Attributes:
        vectors: (T, D), float32 or wider, on the recognizer's device.
        weights: attention of the frame pool, and of a trunk that records its own, by the
            names of :mod:`mmfer.structures` without the axis N: (T, ...) each.
    """

    vectors: Tensor
    weights: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        """Number of frames T."""
        return len(self.vectors)

    def take(self, rows: Tensor | slice) -> EncodedFrames:
        """The frames at some places, in that order; a slice is a view."""
        return EncodedFrames(self.vectors[rows],
                             {name: weight[rows] for name, weight in self.weights.items()})

    def to(self, device: torch.device | str) -> EncodedFrames:
        """The same on another device."""
        return EncodedFrames(self.vectors.to(device),
                             {name: weight.to(device) for name, weight in self.weights.items()})

    @staticmethod
    def join(parts: Sequence[EncodedFrames]) -> EncodedFrames:
        """Successive parts of one person's frames, at least one, as one."""
        if len(parts) == 1:
            return parts[0]
        return EncodedFrames(
            torch.cat([part.vectors for part in parts]),
            {name: torch.cat([part.weights[name] for part in parts])
             for name in parts[0].weights})


class FrameEncoder:
    """Runs trunk and frame pool of a recognizer on crops, in micro-batches across people.

    The crops are as the test pipeline leaves them: uint8, normalised on the device. One
    person's crops pass the trunk in the same chunks as in
    :meth:`~mmfer.models.ExpressionRecognizer.predict`, so the vectors are the same bits.

    Args:
        recognizer: Is put into evaluation mode.
        frame_chunk: Most frames that are on the device and in the trunk at a time, over all
            people; the recognizer's own by default.
        amp: Run the trunk in 16 bits (float16 on a GPU, bfloat16 on a CPU). What is kept is
            float32 all the same.

    Raises:
        ConfigError: The model does not encode a video frame by frame, or ``frame_chunk`` is
            below 1.
    """

    def __init__(self, recognizer: nn.Module, frame_chunk: int | None = None,
                 amp: bool = False) -> None:
        self.recognizer = check_frame_recognizer(recognizer)
        if frame_chunk is not None and frame_chunk < 1:
            raise ConfigError(f'frame_chunk={frame_chunk}: must be at least 1')
        self.recognizer.eval()
        self.frame_chunk = frame_chunk or self.recognizer.frame_chunk
        self.amp = amp

    @property
    def device(self) -> torch.device:
        """Where the recognizer is, and what it gives."""
        return self.recognizer.data_preprocessor.device

    def autocast(self) -> torch.autocast:
        """The context in which the recognizer runs."""
        return torch.autocast(torch.device(self.device).type, enabled=self.amp)

    @overload
    def __call__(self, crops: Tensor) -> EncodedFrames: ...

    @overload
    def __call__(self, crops: Sequence[Tensor]) -> list[EncodedFrames]: ...

    @torch.no_grad()
    def __call__(self, crops: Tensor | Sequence[Tensor]) -> EncodedFrames | list[EncodedFrames]:
        """Encodes.

        Args:
            crops: (T, 3, H, W) uint8 RGB of one person, T at least 1, on any device; or a
                list of such of several people, whose T may differ.

        Returns:
            What to keep of each person's frames; a list where a list was given.

        Raises:
            MediaError: Crops are of another type or shape, or differ in size.
        """
        people = [crops] if isinstance(crops, Tensor) else list(crops)
        if not people:
            return []
        _check_crops(people)
        parts = []
        with self.autocast():
            for chunk in _chunks(people, self.frame_chunk):
                vectors, weights = self.recognizer.encode_frames(chunk, self.frame_chunk)
                parts.append(EncodedFrames(_widened(vectors), {
                    name: _widened(weight) for name, weight in weights.items()}))
        encoded = EncodedFrames.join(parts)
        if isinstance(crops, Tensor):
            return encoded
        ends = torch.tensor([len(person) for person in people]).cumsum(0).tolist()
        return [encoded.take(slice(end - len(person), end))
                for person, end in zip(people, ends, strict=True)]

    @torch.no_grad()
    def answer(self, frames: EncodedFrames, clips: ClipLayout, counted: NDArray[np.bool_],
               samples: Sequence[ActionDataSample] | None = None) -> list[ActionDataSample]:
        """What neck and head say of kept vectors, for N videos in one batch.

        Args:
            frames: The sampled frames of all videos, back to back, on the recognizer's device.
            clips: (num_clips, clip_len) of each video.
            counted: (sum T,) which of the sampled frames weigh in.
            samples: N data samples that take the answers; new ones by default.

        Returns:
            As :meth:`~mmfer.models.ExpressionRecognizer.predict` gives them.
        """
        lengths = [number * length for number, length in clips]
        present = None if counted.all() else torch.from_numpy(counted)
        with self.autocast():
            arranged = self.recognizer.arrange_frames(
                frames.vectors, frames.weights, torch.arange(len(frames)), lengths, clips, present)
            return self.recognizer.answer(self.recognizer.join_frames(arranged), samples)


def check_frame_recognizer(model: nn.Module) -> ExpressionRecognizer:
    """The model, where each frame passes its trunk alone.

    Raises:
        ConfigError: It is of another kind.
    """
    if not isinstance(model, ExpressionRecognizer):
        raise ConfigError(
            f'{type(model).__name__} does not encode a video frame by frame (a 3D trunk looks at '
            'several frames at once, test-time augmentation at several views), so there are no '
            'frame vectors to keep; take a model of type ExpressionRecognizer')
    return model


def _check_crops(people: Sequence[Tensor]) -> None:
    for i, crops in enumerate(people):
        if crops.dtype != torch.uint8 or crops.ndim != 4 or crops.shape[1] != 3 or not len(crops):
            raise MediaError(f'person {i + 1} of {len(people)}: crops must be uint8 (T, 3, H, W) '
                             f'with T >= 1, not {crops.dtype} {tuple(crops.shape)}')
        if crops.shape[2:] != people[0].shape[2:]:
            raise MediaError(
                f'person {i + 1} of {len(people)}: crops are {tuple(crops.shape[2:])} px (H, W), '
                f'those of the first {tuple(people[0].shape[2:])}; bring them to one size, as '
                'LoadFrames(size=(w, h)) in the test pipeline does')


def _chunks(people: Sequence[Tensor], size: int) -> Iterator[Tensor]:
    """Successive frames of all people, at most ``size`` at a time: never a copy of them all."""
    waiting: list[Tensor] = []
    room = size
    for crops in people:
        start = 0
        while start < len(crops):
            waiting.append(crops[start:start + room])
            start += len(waiting[-1])
            room -= len(waiting[-1])
            if not room:
                yield waiting[0] if len(waiting) == 1 else torch.cat(waiting)
                waiting, room = [], size
    if waiting:
        yield waiting[0] if len(waiting) == 1 else torch.cat(waiting)


def _widened(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
