"""Several short sub-videos of a clip, a few frames of each."""
from __future__ import annotations

from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.datasets.transforms.sampling import set_frame_inds
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['ClipSample', 'frames_in_bounds', 'normalised_positions', 'sub_video_bounds']

LONGER = ('resample', 'cut')


def normalised_positions(total: int, num_frames: int, longer: str = 'resample') -> np.ndarray:
    """Brings a video of any length to ``num_frames`` frames, (num_frames,) int64 ascending.

    The frames nearest to ``num_frames`` evenly spaced points from the first to the last
    frame: short videos repeat frames, long ones leave some out. A video of ``num_frames``
    frames stays as it is.

    Args:
        total: Frames of the video.
        num_frames: Frames wanted.
        longer: What to do with longer videos: ``'resample'`` as said, ``'cut'`` keeps
            their first ``num_frames`` frames.
    """
    steps = np.arange(num_frames, dtype=np.int64)
    if num_frames == 1 or (total > num_frames and longer == 'cut'):
        return steps
    # i (T - 1) / (N - 1), rounded to the nearest whole number
    return (2 * steps * (total - 1) + num_frames - 1) // (2 * (num_frames - 1))


def sub_video_bounds(total: int, num_clips: int, clip_length: int, window: int | None = None,
                     overlap: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Where K sub-videos begin and end in a window that is stretched over ``total`` frames.

    Of window, overlap and number of sub-videos two give the third: with ``window`` the
    sub-videos are spread over it evenly, from its first to its last frame (a single one lies
    in the middle); with ``overlap`` they follow each other every ``clip_length - overlap``
    frames, and the window is as long as they reach. All lengths are scaled by ``total`` /
    window; each sub-video keeps one frame at least.

    Args:
        total: Frames T that the window covers; equal to the window's length: no scaling.
        num_clips: K.
        clip_length: Frames of a sub-video.
        window: Frames of the window.
        overlap: Frames that neighbours share, where ``window`` is None.

    Returns:
        First position and the one behind the last, each (K,) int64.
    """
    clips = np.arange(num_clips, dtype=np.int64)
    # in units of 1 / parts frames, so that all of it is in whole numbers
    if window is None:
        parts, stride, offset = 1, clip_length - (overlap or 0), 0
        window = (num_clips - 1) * stride + clip_length
    elif num_clips == 1:
        parts, stride, offset = 2, 0, window - clip_length
    else:
        parts, stride, offset = num_clips - 1, window - clip_length, 0
    first = (offset + clips * stride) * total // (parts * window)
    behind = (offset + clips * stride + parts * clip_length) * total // (parts * window)
    first = np.minimum(first, total - 1)
    return first, np.maximum(behind, first + 1)


def frames_in_bounds(first: np.ndarray, behind: np.ndarray, num_frames: int,
                     rng: np.random.Generator | None = None) -> np.ndarray:
    """Frames of each of K sub-videos, (K, num_frames) int64, ascending in each.

    Args:
        first: (K,) first positions.
        behind: (K,) positions behind the last.
        num_frames: Frames of each.
        rng: Draws distinct frames; without it they are i L // num_frames for i from 0 on,
            evenly spaced over the L frames of a sub-video (of 15 frames 0, 3, 6, 9, 12).
            Sub-videos of fewer frames than wanted give these too, and repeat frames.
    """
    steps = np.arange(num_frames, dtype=np.int64)
    rows = []
    for start, end in zip(first, behind, strict=True):
        length = int(end - start)
        if rng is None or length < num_frames:
            rows.append(start + steps * length // num_frames)
        else:
            rows.append(start + np.sort(rng.choice(length, num_frames, replace=False)))
    return np.stack(rows)


@TRANSFORMS.register_module()
class ClipSample(BaseTransform):
    """Samples K sub-videos of a clip, n frames of each (Liu et al., CEFLNet, section 4.1).

    With the defaults, which are the paper's: the video is brought to 105 frames, of which a
    window of 75 begins at one of the first 30; 7 sub-videos of 15 frames are spread over
    the window, every 10 frames, so that neighbours share 5; 5 frames are drawn of each.

    What follows when one option changes: with another ``num_clips`` the window stays, and
    the sub-videos lie closer together or further apart; with ``window=None`` and
    ``overlap=5`` they keep their distance of 10, and the window is as long as they reach
    (15 frames for one, 105 for ten). With another ``frames_per_clip`` nothing else changes.

    With ``num_frames=None`` the video is taken as it is, and the window is stretched over all
    of it, with all lengths in proportion: ``ClipSample(num_frames=None, window=None, overlap=0,
    num_clips=4, frames_per_clip=4)`` cuts a video of any length into quarters.

    Needs ``total_frames`` and ``start_index``; sets ``frame_inds`` (K n,), clip after clip,
    ``num_clips`` K and ``clip_len`` n.

    Args:
        num_clips: K.
        frames_per_clip: n.
        clip_length: Frames of a sub-video.
        window: Frames that all of them span; None: see ``overlap``.
        overlap: Frames that neighbours share; goes with ``window=None`` only.
        num_frames: Frames to bring the video to; None for the video as it is.
        longer: ``'resample'`` or ``'cut'`` for videos of more than ``num_frames`` frames,
            see :func:`normalised_positions`.
        starts: The window begins at one of so many first frames, in training.
        test_start: Where it begins in the test. Neither start goes further than the window
            fits in.
        test_mode: A fixed window and evenly spaced frames in place of random ones.
    """

    def __init__(self, num_clips: int = 7, frames_per_clip: int = 5, clip_length: int = 15,
                 window: int | None = 75, overlap: int | None = None,
                 num_frames: int | None = 105, longer: str = 'resample', starts: int = 30,
                 test_start: int = 15, test_mode: bool = False) -> None:
        for name, value in dict(num_clips=num_clips, frames_per_clip=frames_per_clip,
                                clip_length=clip_length, starts=starts).items():
            if value < 1:
                raise ConfigError(f'ClipSample: {name} is {value}; give at least 1')
        if longer not in LONGER:
            raise ConfigError(f'ClipSample: longer is {longer!r}; it is one of {LONGER}')
        if (window is None) == (overlap is None):
            raise ConfigError(f'ClipSample: window={window} and overlap={overlap}; give one and '
                              'None for the other, which follows from it')
        if overlap is not None and not 0 <= overlap < clip_length:
            raise ConfigError(f'ClipSample: overlap is {overlap}; neighbours of clip_length='
                              f'{clip_length} share 0 to {clip_length - 1} frames')
        self.span = window or (num_clips - 1) * (clip_length - (overlap or 0)) + clip_length
        if self.span < clip_length:
            raise ConfigError(f'ClipSample: clip_length={clip_length} does not fit into '
                              f'window={window}')
        if num_frames is not None and num_frames < self.span:
            raise ConfigError(f'ClipSample: a window of {self.span} frames does not fit into '
                              f'num_frames={num_frames}')
        if test_start < 0:
            raise ConfigError(f'ClipSample: test_start is {test_start}; give at least 0')
        self.num_clips = num_clips
        self.frames_per_clip = frames_per_clip
        self.clip_length = clip_length
        self.window = window
        self.overlap = overlap
        self.num_frames = num_frames
        self.longer = longer
        self.starts = starts
        self.test_start = test_start
        self.test_mode = test_mode

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Draws the frames of one sample."""
        total = results['total_frames']
        rng = None if self.test_mode else global_generator()
        if self.num_frames is None:
            positions = self._sub_videos(total, rng)
        else:
            room = self.num_frames - self.span
            start = (min(self.test_start, room) if rng is None else
                     rng.integers(0, min(self.starts, room + 1)))
            positions = normalised_positions(total, self.num_frames, self.longer)[
                start + self._sub_videos(self.span, rng)]
        return set_frame_inds(results, positions.reshape(-1), self.num_clips)

    def _sub_videos(self, total: int, rng: np.random.Generator | None) -> np.ndarray:
        first, behind = sub_video_bounds(total, self.num_clips, self.clip_length, self.window,
                                         self.overlap)
        return frames_in_bounds(first, behind, self.frames_per_clip, rng)

    def __repr__(self) -> str:
        """The transform as it is built."""
        return (f'ClipSample(num_clips={self.num_clips}, frames_per_clip={self.frames_per_clip}, '
                f'clip_length={self.clip_length}, window={self.window}, overlap={self.overlap}, '
                f'num_frames={self.num_frames}, longer={self.longer!r}, starts={self.starts}, '
                f'test_start={self.test_start}, test_mode={self.test_mode})')
