"""Small prediction files with known answers."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import METADATA_KEYS, ClipPrediction, Predictions


def make_row(clip: str, label: int, predicted: int, num_classes: int = 3,
             **fields: Any) -> ClipPrediction:
    """A prediction of one clip of four frames.

    Args:
        clip: Unique id of the clip.
        label: True class.
        predicted: Class that gets the highest score.
        num_classes: C.
        **fields: Other fields of :class:`ClipPrediction`.
    """
    scores = np.full(num_classes, 0.1, np.float32)
    scores[predicted] = 0.8
    defaults = {'split': 'fold1', 'frames': clip, 'filename_tmpl': '{:03d}.png',
                'frame_numbers': np.arange(1, 5, dtype=np.int32)}
    return ClipPrediction(clip=clip, label=label, scores=scores, **{**defaults, **fields})


def make_track(clip: str, labels: Sequence[int], predicted: Sequence[int], num_classes: int = 3,
               **fields: Any) -> FramePredictions:
    """Predictions of the frames 1, 2, ... of one clip.

    Args:
        clip: Unique id of the clip.
        labels: True class of each frame.
        predicted: Class that gets the highest score, of each frame.
        num_classes: C.
        **fields: Other fields of :class:`FramePredictions`.
    """
    scores = np.full((len(labels), num_classes), 0.1, np.float32)
    scores[np.arange(len(labels)), list(predicted)] = 0.8
    defaults = {'split': 'fold1', 'frames': clip, 'filename_tmpl': '{:03d}.png',
                'frame_numbers': np.arange(1, len(labels) + 1, dtype=np.int32)}
    return FramePredictions(clip=clip, labels=np.array(labels, np.int64), scores=scores,
                            **{**defaults, **fields})


def make_predictions(rows: Sequence[ClipPrediction | FramePredictions], path: str = '<memory>',
                     faceless: Sequence[FacelessClip] = (), **metadata: Any) -> Predictions:
    """Rows with metadata of a plain run on three classes.

    Args:
        rows: One per clip: answers for clips, or for their frames.
        path: Named in error messages.
        faceless: Clips without an answer.
        **metadata: Values that differ from the plain ones.
    """
    plain = {**dict.fromkeys(METADATA_KEYS), 'classes': ['anger', 'fear', 'happiness'],
             'config_name': 'plain', 'annotation_hash': 'a', 'protocol_hash': 'p',
             'protocol_name': 'kfold', 'selection': 'last', 'subject_disjoint': True, 'seed': 0}
    return Predictions({**plain, **metadata},
                       tuple(row for row in rows if isinstance(row, ClipPrediction)), path,
                       tuple(row for row in rows if isinstance(row, FramePredictions)),
                       tuple(faceless))
