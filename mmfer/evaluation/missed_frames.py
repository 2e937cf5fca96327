"""Labelled frames without a face, in answers for frames: test frames without an answer.

``MissingFaces(policy='mask')`` shows a model all frames of a video and lets those without a face
weigh nothing. Scores over the frames with a face leave them out; scores over all frames count
them as missed.
"""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.evaluation.frame_predictions import FramePredictions

__all__ = ['MissedFrames', 'coverage_problem', 'missed_frames', 'missed_problem', 'missed_records',
           'part_missed']


@dataclass(frozen=True)
class MissedFrames:
    """The labelled frames of a test clip that have no answer.

    Attributes:
        clip: Unique id of the clip.
        split: Split of the protocol in which it is to be tested.
        counts: How many of each of the C classes.
        subject: Who is seen, where known.
    """

    clip: str
    split: str
    counts: tuple[int, ...]
    subject: str | None = None

    @property
    def labels(self) -> NDArray[np.int64]:
        """True class of each, ascending."""
        return np.repeat(np.arange(len(self.counts)), self.counts)


def part_missed(track: FramePredictions) -> tuple[FramePredictions | None, MissedFrames | None]:
    """Answers for a clip without the frames whose scores are NaN; those; each None if empty."""
    missed = np.isnan(track.scores).any(axis=1)
    if not missed.any():
        return track, None
    counts = np.bincount(track.labels[missed], minlength=track.scores.shape[1])
    answered = replace(track, frame_numbers=track.frame_numbers[~missed],
                       labels=track.labels[~missed], scores=track.scores[~missed])
    return (None if missed.all() else answered,
            MissedFrames(track.clip, track.split, tuple(counts.tolist()), track.subject))


def missed_records(clips: Iterable[MissedFrames]) -> list[dict[str, Any]]:
    """As the metadata of a predictions file lists them, sorted by split and clip."""
    return [{**asdict(clip), 'counts': list(clip.counts)}
            for clip in sorted(clips, key=lambda c: (c.split, c.clip))]


def missed_frames(path: str, records: Any) -> tuple[MissedFrames, ...]:
    """From the metadata of a predictions file.

    Raises:
        PredictionError: They are not a list of objects with the fields of a clip.
    """
    kinds: dict[str, Any] = {'clip': str, 'split': str, 'counts': list,
                             'subject': (str, type(None))}
    if not isinstance(records, list):
        raise PredictionError(f'{path}: metadata "missed_frames" must be a list, not {records!r}')
    for record in records:
        if (not isinstance(record, dict) or set(record) != set(kinds)
                or not all(isinstance(record[name], kind) for name, kind in kinds.items())
                or not all(type(count) is int and count >= 0 for count in record['counts'])):
            raise PredictionError(f'{path}: metadata "missed_frames": {record!r} is not an object '
                                  f'of {", ".join(kinds)}')
    return tuple(MissedFrames(record['clip'], record['split'], tuple(record['counts']),
                              record['subject']) for record in records)


def missed_problem(clips: Sequence[MissedFrames], num_classes: int, per_frame: bool) -> str | None:
    """What is wrong with the missed frames of a file; None where nothing is.

    Args:
        clips: The missed frames.
        num_classes: C.
        per_frame: Whether the answers are for frames.
    """
    seen: set[tuple[str, str]] = set()
    for clip in clips:
        problem = None
        if not per_frame:
            problem = 'the answers are for clips'
        elif len(clip.counts) != num_classes or not sum(clip.counts):
            problem = f'counts {list(clip.counts)} of {num_classes} classes'
        elif not clip.clip or (clip.split, clip.clip) in seen:
            problem = 'it has no id, or occurs twice in one split'
        if problem:
            return (f'metadata "missed_frames": clip {clip.clip!r} of split {clip.split!r}: '
                    f'{problem}')
        seen.add((clip.split, clip.clip))
    return None


def coverage_problem(coverage: Any) -> str:
    """Why something is no mean coverage of clips, or ''; None says that it is not known."""
    if coverage is None:
        return ''
    if (not isinstance(coverage, dict) or set(coverage) != {'mean', 'clips'}
            or type(coverage['clips']) is not int or coverage['clips'] < 1
            or type(coverage['mean']) not in (int, float) or not 0 <= coverage['mean'] <= 1):
        return f'metadata "coverage": {coverage!r} is not {{"mean": 0 to 1, "clips": a count}}'
    return ''
