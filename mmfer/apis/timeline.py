"""Answers over the time of a video: windows that slide over a person's stay, or every frame.

Axes: M entries, C classes, N frames of a stay.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mmfer.apis.answers import Answer
from mmfer.apis.stays import Stay
from mmfer.errors import ConfigError
from mmfer.faces.status_runs import SEEN

__all__ = ['Timeline', 'WindowSettings', 'frame_timeline', 'window_spans', 'window_timeline']


@dataclass(frozen=True)
class WindowSettings:
    """Windows that slide over a person's stay.

    Give length and stride both in seconds or both in frames. Each window is answered as a test
    answers a clip: the sampler of the test pipeline chooses among its frames.

    Attributes:
        length_s: Of a window, in seconds of the video.
        stride_s: From the beginning of one to that of the next.
        length_frames: Of a window, in frames of the video, in place of seconds.
        stride_frames: Likewise.
        min_coverage: A window is answered where the face was found or tracked on this share
            of its frames at least, in (0, 1].

    Raises:
        ConfigError: A value is impossible.
    """

    length_s: float = 2.
    stride_s: float = 0.5
    length_frames: int | None = None
    stride_frames: int | None = None
    min_coverage: float = 0.5

    def __post_init__(self) -> None:
        if (self.length_frames is None) != (self.stride_frames is None):
            raise ConfigError('windows: length_frames and stride_frames go together')
        for name in ('length_s', 'stride_s', 'length_frames', 'stride_frames'):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ConfigError(f'windows: {name} is {value}; give more than 0')
        if not 0 < self.min_coverage <= 1:
            raise ConfigError(f'windows: min_coverage is {self.min_coverage}; give more than 0, '
                              'and at most 1')


def window_spans(settings: WindowSettings, times_s: NDArray[np.float64]) -> NDArray[np.int64]:
    """First frame of each window and the one behind its last, (M, 2), as places among N.

    Windows begin every stride from the first frame on. The last one ends with the last frame,
    moved back by less than a stride, and no window reaches beyond the stay. Every frame lies in
    one, unless the stride is longer than the window. A stay that is shorter than a window is one.

    Args:
        settings: Length and stride.
        times_s: (N,) when each frame of the stay is shown, ascending; N is at least 1.
    """
    count = len(times_s)
    if settings.length_frames is not None and settings.stride_frames is not None:
        starts = np.arange(0, max(count - settings.length_frames, 0) + 1, settings.stride_frames)
        first, behind = starts, np.minimum(starts + settings.length_frames, count)
        last = max(count - settings.length_frames, 0)
    else:
        begins = np.arange(times_s[0], times_s[-1], settings.stride_s) if count > 1 else times_s
        # half a millisecond of tolerance: times are rounded to the file's clock
        first = np.searchsorted(times_s, begins - 5e-4)
        behind = np.searchsorted(times_s, begins + settings.length_s - 5e-4)
        last = min(count - 1, int(np.searchsorted(
            times_s, _last_begin(times_s, settings.length_s) - 5e-4)))
    spans = [(int(one), int(end)) for one, end in zip(first, behind, strict=True)
             if one < last and end > one]
    return np.array([*dict.fromkeys(spans), (last, count)], np.int64)


def _last_begin(times_s: NDArray[np.float64], length_s: float) -> float:
    """When the window begins that ends with the last frame, which is shown as long as others."""
    step = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.
    return float(times_s[-1]) + step - length_s


@dataclass(frozen=True)
class Timeline:
    """Answers for one person over time.

    Attributes:
        kind: ``'windows'``, or ``'frames'`` of a model that answers for every frame.
        time_s: (M,) when; the middle of a window's first and last frame.
        start_s: (M,) when its first frame is shown.
        end_s: (M,) when its last frame is shown.
        first_frame: (M,) int64 number of its first frame.
        last_frame: (M,) int64 number of its last frame.
        coverage: (M,) share of its frames with the face found or tracked, in [0, 1].
        probabilities: (M, C) float32; NaN where there is no answer.
        answers: The answers to windows, None where coverage is too low, without what has more
            than one number for each frame or clip; empty of ``'frames'``.
    """

    kind: str
    time_s: NDArray[np.float64]
    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    first_frame: NDArray[np.int64]
    last_frame: NDArray[np.int64]
    coverage: NDArray[np.float64]
    probabilities: NDArray[np.float32]
    answers: Sequence[Answer | None] = ()

    def __len__(self) -> int:
        """M."""
        return len(self.time_s)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(M,) bool, where there is an answer."""
        return ~np.isnan(self.probabilities[:, 0])


def frame_timeline(stay: Stay, answer: Answer) -> Timeline:
    """Every frame of a stay, with the answers of a model that answers for frames."""
    assert answer.frame_probabilities is not None
    probabilities = np.full((len(stay.numbers), answer.frame_probabilities.shape[1]), np.nan,
                            np.float32)
    probabilities[np.searchsorted(stay.numbers, answer.frames)] = answer.frame_probabilities
    seen = np.array([status in SEEN for status in stay.statuses], np.float64)
    return Timeline('frames', stay.times_s, stay.times_s, stay.times_s, stay.numbers,
                    stay.numbers, seen, probabilities)


def window_timeline(stay: Stay, spans: NDArray[np.int64],
                    answers: Iterable[tuple[tuple[int, int], Answer]],
                    num_classes: int) -> Timeline:
    """The windows of a stay.

    Of each answer no more is kept than the timeline has, before the next one is asked for.

    Args:
        stay: The stay.
        spans: (M, 2) first place of each window, and the one behind its last.
        answers: Spans and the answers to them; those that are missing had too little coverage.
        num_classes: C.
    """
    first, last = spans[:, 0], spans[:, 1] - 1
    kept = {span: _small(answer) for span, answer in answers}
    found = [kept.get((one, behind)) for one, behind in spans.tolist()]
    nothing = np.full(num_classes, np.nan, np.float32)
    start_s, end_s = stay.times_s[first], stay.times_s[last]
    return Timeline(
        'windows', (start_s + end_s) / 2, start_s, end_s, stay.numbers[first], stay.numbers[last],
        np.array([stay.coverage(one, behind) for one, behind in spans.tolist()]),
        np.stack([nothing if one is None else one.probabilities for one in found]),
        tuple(found))


def _small(answer: Answer) -> Answer:
    """An answer without maps and scores, of which an hour of windows would have a great many."""
    return replace(answer, attention={name: weights for name, weights in answer.attention.items()
                                      if weights.ndim == 1})
