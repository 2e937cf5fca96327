"""Which frames of a clip to look at: pure functions of counts and a generator.

Positions count the frames that a clip has, from 0; :func:`to_frame_inds` turns them into
what the decoders take. T: frames of the clip, K: segments.
"""
from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    'all_positions', 'code_positions', 'place_frames', 'random_positions', 'run_starts',
    'segment_bounds', 'segment_positions', 'set_frame_inds', 'stand_ins', 'to_frame_inds',
    'uniform_positions', 'window_positions'
]

# Released code of FAN: segments are q = T // divisor frames long.
_EXTRA_PARTS = {'code_ckplus': 2, 'code_afew': 0}


def segment_bounds(total: int, segments: int) -> tuple[np.ndarray, np.ndarray]:
    """Splits ``total`` frames into segments whose lengths differ by at most one.

    A clip of fewer frames than segments repeats frames: every segment has at least one.

    Returns:
        First position and the one behind the last, each (K,) int64.
    """
    edges = np.arange(segments + 1, dtype=np.int64) * total // segments
    first = edges[:-1]
    return first, np.maximum(edges[1:], first + 1)


def segment_positions(total: int, segments: int, rng: np.random.Generator) -> np.ndarray:
    """One uniformly random frame of each segment (FAN, section 2), (K,) int64 ascending."""
    first, behind = segment_bounds(total, segments)
    return rng.integers(first, behind)


def code_positions(total: int, segments: int, variant: str, repeat_index: int,
                   rng: np.random.Generator) -> np.ndarray:
    """The draws of FAN's released code, (K,) int64; bounds include both ends.

    ``code_ckplus``: segment i is [i q, (i + 1) q] with q = T // 5, so that the last two
    fifths are never drawn. ``code_afew``: q = T // 3 and the last segment ends with the
    clip. Where T is at most the divisor, the first frame is number ``repeat_index`` of
    the clip and the others are any. The code has K = 3 only; other K take T // (K + 2)
    and T // K.
    """
    parts = segments + _EXTRA_PARTS[variant]
    if total <= parts:
        positions = rng.integers(0, total, size=segments)
        positions[0] = repeat_index % total
        return positions
    first = np.arange(segments, dtype=np.int64) * (total // parts)
    last = first + total // parts
    if variant == 'code_afew':
        last[-1] = total - 1
    return rng.integers(first, last + 1)


def uniform_positions(total: int, num_frames: int) -> np.ndarray:
    """The middle frames of ``num_frames`` equal parts, (num_frames,) int64 ascending."""
    return (2 * np.arange(num_frames, dtype=np.int64) + 1) * total // (2 * num_frames)


def random_positions(total: int, num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Random distinct frames in their order, (num_frames,) int64 ascending.

    A shorter clip gives each of its frames as often as the others, and once more to as many
    random ones as are lacking.
    """
    rounds, rest = divmod(num_frames, total)
    every = np.repeat(np.arange(total, dtype=np.int64), rounds)
    return np.sort(np.concatenate([every, rng.choice(total, rest, replace=False)]))


def all_positions(total: int) -> np.ndarray:
    """Every frame once, (T,) int64."""
    return np.arange(total, dtype=np.int64)


def run_starts(numbers: np.ndarray, length: int, max_span: int) -> np.ndarray:
    """Where ``length`` successive frames are close together, int64 ascending positions.

    Args:
        numbers: Frame numbers, ascending.
        length: Frames wanted.
        max_span: Most that the last frame's number may exceed the first one's;
            ``length - 1`` asks for consecutive numbers.

    Returns:
        The starts s for which ``numbers[s + length - 1] - numbers[s] <= max_span``. Where
        there is none, the first of the tightest; where there are fewer frames than
        ``length``, 0.
    """
    if len(numbers) <= length:
        return np.zeros(1, dtype=np.int64)
    spans = numbers[length - 1:] - numbers[:len(numbers) - length + 1]
    starts = np.flatnonzero(spans <= max(max_span, spans.min()))
    return starts if spans.min() <= max_span else starts[:1]


def window_positions(total: int, length: int, index: int,
                     tail: str) -> tuple[np.ndarray, np.ndarray]:
    """The frames of one of the ceil(T / length) windows that a clip is cut into.

    Args:
        total: T.
        length: Frames of a window.
        index: Of the window, from 0.
        tail: Of the last window, where ``length`` does not divide T: ``'mask'`` leaves it
            shorter, ``'shift'`` moves it back to end at the last frame, ``'repeat'`` and
            ``'zeros'`` fill it up behind the last frame.

    Returns:
        Positions (t,) int64, those of filling the last frame's, and which are filling,
        (t,) bool.
    """
    first = index * length
    if tail == 'shift':
        first = max(min(first, total - length), 0)
    behind = first + length
    if tail in ('mask', 'shift'):
        behind = min(behind, total)
    positions = np.arange(first, behind, dtype=np.int64)
    return np.minimum(positions, total - 1), positions >= total


def to_frame_inds(positions: np.ndarray, start_index: int,
                  frame_numbers: np.ndarray | None = None) -> np.ndarray:
    """What the decoders take: numbers in file names, or positions in a video, int64.

    Args:
        positions: Positions among the frames that the clip has.
        start_index: The value that stands for frame number 1.
        frame_numbers: 1-based numbers of the frames that the clip has, ascending, where
            some are missing.
    """
    if frame_numbers is None:
        return np.asarray(positions, dtype=np.int64) + start_index
    return np.asarray(frame_numbers, dtype=np.int64)[positions] - 1 + start_index


def stand_ins(positions: np.ndarray, present: np.ndarray) -> np.ndarray:
    """Positions whose pictures stand in the places of sampled ones, all of which are present.

    A sampled position (T,) without a picture gets the sampled one before it that has one, or
    the first of them: so nothing is decoded for it. Where none has, all get the present
    position nearest to the middle one of them.

    Args:
        positions: (T,) sampled positions among the S frames seen.
        present: (S,) bool, at least one is True.
    """
    there = np.flatnonzero(present[positions])
    if not there.size:
        nearest = np.flatnonzero(present)
        middle = positions[len(positions) // 2]
        return np.full_like(positions, nearest[np.abs(nearest - middle).argmin()])
    earlier = np.searchsorted(there, np.arange(len(positions)), side='right') - 1
    return positions[there[np.maximum(earlier, 0)]]


def place_frames(results: dict[str, Any], positions: np.ndarray) -> dict[str, Any]:
    """Writes ``frame_inds`` (T,), the pictures of sampled positions (T,), into a sample.

    Where :class:`MissingFaces` lets a sampler see frames without a face, also
    ``video_frames`` (T,), the numbers that the sampled frames have in the video, and
    ``frame_present`` (T,) bool, which of them there is a picture of, where not all count.
    """
    positions = np.asarray(positions, dtype=np.int64)
    if 'video_numbers' in results:
        results['video_frames'] = results['video_numbers'][positions]
    if 'faces_present' in results:
        results['frame_present'] = results['faces_present'][positions]
        positions = stand_ins(positions, results['faces_present'])
    results['frame_inds'] = to_frame_inds(
        positions, results['start_index'], results.get('frame_numbers'))
    return results


def set_frame_inds(results: dict[str, Any], positions: np.ndarray,
                   num_clips: int = 1) -> dict[str, Any]:
    """Writes sampled positions (T,) into a sample, as ``num_clips`` clips of equal length."""
    place_frames(results, positions)
    results['num_clips'], results['clip_len'] = num_clips, len(positions) // num_clips
    return results
