"""Live frames with answers made by hand."""
from __future__ import annotations

import numpy as np

from mmfer.apis.answers import Answer
from mmfer.apis.live import LiveFrame
from mmfer.apis.streaming import StreamAnswer
from mmfer.faces.structures import FOUND, FrameFaces, TrackedFace, VideoFrame
from mmfer.structures import FRAME_WEIGHTS, SPATIAL_MAPS

CLASSES = ('anger', 'fear, or <awe>', 'happiness')


def make_answer(person: int = 1, frame: int = 7, scores: tuple[float, ...] = (.2, .5, .3),
                weights: tuple[float, ...] = (.25, .25, .5)) -> StreamAnswer:
    """An answer for the last three frames."""
    now = np.array(scores, np.float32)
    label = CLASSES[int(now.argmax())]
    attention = {FRAME_WEIGHTS: np.array(weights, np.float32),
                 SPATIAL_MAPS: np.full((3, 1, 2, 2), .25, np.float32)}
    window = Answer(now, label, np.arange(frame - 2, frame + 1), (1, 3), attention)
    return StreamAnswer(person, frame, True, .75, now, label, window)


def make_live(*fresh: StreamAnswer, number: int = 7, size: tuple[int, int] = (120, 160),
              ids: tuple[int, ...] = (1, )) -> LiveFrame:
    """A grey frame with faces at 20, 30 to 60, 80, 40 px to the right of each other."""
    frame = VideoFrame(np.full((*size, 3), 99, np.uint8), number, number / 25)
    faces = tuple(TrackedFace(id_, 0, np.array([20 + 40 * i, 30, 60 + 40 * i, 80], np.float32),
                              None, .9, FOUND) for i, id_ in enumerate(ids))
    return LiveFrame(FrameFaces(frame, faces), fresh, {answer.id: answer for answer in fresh})
