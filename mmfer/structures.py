"""The typed objects that flow through a recognizer, and the names of attention.

Axes: N videos, T frames (T_max in a padded batch), D channels, C classes, U distinct
frames of a whole batch, H and W pixels.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from mmaction.structures import ActionDataSample
from torch import Tensor

# Stable names of attention weights; evaluation and visualization read only these.
FRAME_WEIGHTS = 'frame_weights'
"""(N, T): share of each frame in the answer; non-negative, sums to 1 over a video."""
SELF_WEIGHTS = 'self_weights'
"""(N, T): weight of a frame from its own features alone, in [0, 1], not normalised."""
RELATION_WEIGHTS = 'relation_weights'
"""(N, T): weight of a frame from its relation to the vector of its video or clip, in [0, 1]."""
CLIP_SCORES = 'clip_scores'
"""(N, K): share of each clip in the answer; non-negative, sums to 1 over a video."""
ACTIVATION_MAP = 'activation_map'
"""(N, K, D): what each clip contributes to each channel of the video's vector."""
SPATIAL_MAPS = 'spatial_maps'
"""(N, T, heads, h, w): share of each region of a frame; sums to 1 over the regions."""
FRAME_SCORES = 'frame_scores'
"""(N, T, C): class probabilities of each frame on its own; sums to 1 over the classes."""
CLIP_AXIS = (CLIP_SCORES, ACTIVATION_MAP)
"""Names whose second axis counts clips; that of all others counts sampled frames."""

META_KEYS = ('clip', 'subject', 'frames', 'frame_inds', 'frame_gather', 'start_index',
             'total_frames', 'num_clips', 'clip_len', 'apex', 'frame_dir', 'filename',
             'filename_tmpl', 'img_shape', 'repeat_index', 'video_frames', 'frame_present')
"""What the packing transform keeps of a sample beside frames and label."""

ClipLayout: TypeAlias = tuple[tuple[int, int], ...]
"""(num_clips, clip_len) of each video: its T sampled frames are so many clips of so many."""


class GappedLayout(tuple[tuple[int, int], ...]):
    """A :data:`ClipLayout` of videos whose mask is False between frames, not only behind them.

    Parts that lay frames out anew have to know, and the device need not be asked.
    """


@dataclass
class PackedFrames:
    """The distinct frames of a batch of videos of any lengths, back to back.

    Attributes:
        frames: (U, 3, H, W) uint8 RGB; each distinct frame of a video once.
        gather: (sum T,) int64, for every sampled frame its row in ``frames``.
        lengths: sampled frames T of each of the N videos.
        clips: how the sampler divided the T frames of each video, (num_clips, clip_len)
            with num_clips * clip_len = T; one clip of all frames unless it says otherwise.
        present: (sum T,) bool on the CPU, which sampled frames count, at least one of each
            video; the others weigh nothing, whatever their row holds. None: all.
    """

    frames: Tensor
    gather: Tensor
    lengths: tuple[int, ...]
    clips: ClipLayout = ()
    present: Tensor | None = None

    def __post_init__(self) -> None:
        """Takes each video as one clip where nothing is said."""
        if not self.clips:
            self.clips = tuple((1, length) for length in self.lengths)


@dataclass
class VideoFeatures:
    """What frame pools and necks hand on.

    Attributes:
        feats: (N, D), one vector per video, or (N, T, D), one per frame.
        mask: (N, T) bool, True where there is a frame that counts (also kept when ``feats`` is
            (N, D)); False behind a video's last frame, and where its face is missing.
        weights: attention by stable name, padded to (N, T, ...) or (N, K, ...).
        losses: scalar losses that a part adds of its own, by name.
        clips: (num_clips, clip_len) of each video, see :class:`PackedFrames`.
    """

    feats: Tensor
    mask: Tensor
    weights: dict[str, Tensor] = field(default_factory=dict)
    losses: dict[str, Tensor] = field(default_factory=dict)
    clips: ClipLayout = ()


def frame_numbers(sample: ActionDataSample) -> np.ndarray:
    """1-based numbers of the pictures that the sampled frames of a data sample show, (T,) int64.

    Those of the frames themselves, unless others stand in for frames without a face
    (:func:`video_frames`). ``frame_inds`` holds what the decoders take: numbers in file names, or
    0-based positions in a video; ``start_index`` is the value that stands for the first frame.
    """
    inds = np.asarray(sample.metainfo['frame_inds'], dtype=np.int64).reshape(-1)
    return inds - int(sample.metainfo.get('start_index', 1)) + 1


def video_frames(sample: ActionDataSample) -> np.ndarray:
    """1-based numbers that the sampled frames of a data sample have in the video, (T,) int64."""
    given = sample.metainfo.get('video_frames')
    return frame_numbers(sample) if given is None else np.asarray(given, np.int64).reshape(-1)


def counted_frames(present: np.ndarray) -> np.ndarray:
    """Which sampled frames count, (T,) bool, of those of which there is a picture.

    Where there is of none, the first: another picture stands in its place.
    """
    counted = np.array(present, dtype=bool).reshape(-1)
    if counted.size and not counted.any():
        counted[0] = True
    return counted
