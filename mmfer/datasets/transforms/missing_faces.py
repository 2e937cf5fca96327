"""What samplers see of a clip in some of whose frames there is no face.

Axes: N frames of the video, P frames of which there is a crop, S frames that a sampler sees.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from mmcv.transforms import BaseTransform
from numpy.typing import NDArray

from mmfer.annotation_table import Row
from mmfer.errors import ConfigError, MediaError
from mmfer.faces.status_runs import SEEN, frames_of, frames_with, parse_runs
from mmfer.registry import TRANSFORMS

__all__ = ['POLICIES', 'MissingFaces', 'SeenFrames', 'seen_frames']

POLICIES = ('drop', 'interpolate', 'repeat', 'mask')


@dataclass(frozen=True)
class SeenFrames:
    """The frames of a clip as a sampler sees them.

    Attributes:
        pictures: (S,) int64, number of the frame whose picture each shows; None: 1..S.
        numbers: (S,) int64, number of each in the video, where ``pictures`` says another; or
            None.
        present: (S,) bool, whether there is a picture of it, where not of all; or None.
        count: S.
    """

    pictures: NDArray[np.int64] | None
    numbers: NDArray[np.int64] | None
    present: NDArray[np.bool_] | None
    count: int


def seen_frames(policy: str, num_frames: int, numbers: NDArray[np.int64] | None = None,
                face_status: str | None = None, labelled: int = 0) -> SeenFrames:
    """What a sampler sees of a clip under a policy, see :class:`MissingFaces`.

    Args:
        policy: One of :data:`POLICIES`.
        num_frames: P; at least 1, but for ``'drop'`` and ``'interpolate'``.
        numbers: (P,) their numbers, ascending; None: 1..P.
        face_status: Runs of statuses of the frames 1..N.
        labelled: Frames with labels; where ``face_status`` is None, N is this or the last
            number, whichever is higher.
    """
    runs = None if face_status is None else parse_runs(face_status)
    own = np.arange(1, num_frames + 1) if numbers is None else np.asarray(numbers, np.int64)
    if policy == 'interpolate':
        return SeenFrames(numbers, None, None, num_frames)
    if policy == 'drop':
        if runs is None:
            return SeenFrames(numbers, None, None, num_frames)
        kept = own[frames_with(runs, SEEN)[own - 1]]
        return SeenFrames(numbers if len(kept) == num_frames else kept, None, None, len(kept))
    total = max(int(own[-1]), labelled) if runs is None else frames_of(runs)
    if total == num_frames:  # nothing is missing
        return SeenFrames(numbers, None, None, num_frames)
    every = np.arange(1, total + 1)
    # of the frames present the last one up to each; the first one before there is any
    earlier = np.maximum(np.searchsorted(own, every, side='right') - 1, 0)
    pictures = own[earlier]
    return SeenFrames(pictures, every, pictures == every if policy == 'mask' else None, total)


@TRANSFORMS.register_module()
class MissingFaces(BaseTransform):
    """Decides what becomes of frames without a face; belongs before the sampler.

    An extraction writes crops of the frames on which a face was found, tracked or interpolated;
    which it was, the field ``face_status`` of the annotation row says. The policies:

    * ``'drop'``: the sampler sees the frames on which the face was found or tracked.
    * ``'interpolate'``: those between which box and landmarks were interpolated as well; the
      other frames are left out. This is what happens without this transform.
    * ``'repeat'``: the sampler sees all N frames of the video; one without a crop shows the
      nearest earlier one that there is, or the first before there is any. A picture is decoded
      and encoded once, however many frames show it.
    * ``'mask'``: the sampler sees all N frames; those without a crop are neither decoded nor
      encoded, and weigh nothing: the mask that necks and heads get is False there. Where none
      of the sampled frames has a crop, the nearest crop is shown in the place of the first, so
      that there is an answer. Labelled frames without a crop have no loss, and count as missed.
      Needs an :class:`~mmfer.models.ExpressionRecognizer`.

    Where rows have no ``face_status``, ``'drop'`` and ``'interpolate'`` change nothing, and
    ``'repeat'`` and ``'mask'`` go by the gaps in ``frame_numbers``; N is then the number of the
    last crop, or of frames with labels, whichever is more.

    ``total_frames`` and ``frame_numbers`` become those that the sampler sees. Samplers of
    MMAction2 need :class:`MapFrameNumbers` behind them.

    Args:
        policy: One of :data:`POLICIES`.
    """

    def __init__(self, policy: str) -> None:
        if policy not in POLICIES:
            raise ConfigError(f'MissingFaces: policy {policy!r} does not exist; choose one of '
                              f'{", ".join(POLICIES)}')
        self.policy = policy

    def count(self, row: Row) -> int:
        """How many frames a sampler will see of an annotation row; ``num_frames`` 0 stays 0."""
        if not row['num_frames']:
            return 0
        return seen_frames(self.policy, row['num_frames'], row.get('frame_numbers'),
                           row.get('face_status'), len(row.get('frame_labels', ()))).count

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Changes what the sampler of one sample sees.

        Raises:
            ConfigError: The sampler came before.
            MediaError: No frame is left; names the clip.
        """
        if 'frame_inds' in results:
            raise ConfigError('MissingFaces: the frames are sampled already; put it before the '
                              'sampler')
        seen = seen_frames(self.policy, results['total_frames'], results.get('frame_numbers'),
                           results.get('face_status'), len(results.get('frame_labels', ())))
        if not seen.count:
            raise MediaError(f'clip {results.get("clip", "?")!r}: no frame is found or tracked, '
                             "and policy='drop' leaves the others out; choose 'interpolate'")
        results['total_frames'], results['frame_numbers'] = seen.count, seen.pictures
        if seen.numbers is not None:
            results['video_numbers'] = seen.numbers
        if seen.present is not None:
            results['faces_present'] = seen.present
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'MissingFaces(policy={self.policy!r})'
