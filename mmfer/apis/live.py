"""Live video to answers: faces of each frame, crops, and what a stream answers."""
from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from mmfer.apis.streaming import StreamAnswer, StreamingRecognizer
from mmfer.errors import AlignmentError
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.faces.status_runs import SEEN
from mmfer.faces.structures import FrameFaces, VideoFrame

__all__ = ['LiveFrame', 'answer_live', 'without_delay']


@dataclass(frozen=True)
class LiveFrame:
    """A frame and what is known when it has been looked at.

    Attributes:
        faces: The frame and the people on it.
        fresh: The answers that were given with this frame, by id ascending.
        newest: The newest answer for everybody who is remembered, by id.
    """

    faces: FrameFaces
    fresh: tuple[StreamAnswer, ...]
    newest: Mapping[int, StreamAnswer]


def without_delay(settings: FaceSettings) -> FaceSettings:
    """The settings for live video: gaps are not bridged, which would mean to wait for their end.

    A face that is covered for some frames is then absent on them.
    """
    return dataclasses.replace(
        settings, tracking=dataclasses.replace(settings.tracking, longest_gap=0))


def answer_live(frames: Iterable[VideoFrame], pipeline: FacePipeline,
                recognizer: StreamingRecognizer, clip: str = 'live') -> Iterator[LiveFrame]:
    """Detects, tracks and answers, frame by frame, in constant memory.

    Faces that were found or tracked go to the recognizer; those that are too small, too
    blurred or too distorted to be cut out count as absent.

    Args:
        frames: In ascending order of their numbers.
        pipeline: Makes the crops; with the settings of the crops that the model was trained
            on, changed by :func:`without_delay`.
        recognizer: Is reset.
        clip: Id of the video, for detectors whose answers were made before.

    Yields:
        One for each frame, in order. A frame is held back only while it is unsure whether a new
        face is one (``confirm`` of the tracking).
    """
    recognizer.reset()
    stream, newest = pipeline.start(clip), dict[int, StreamAnswer]()
    for frame in frames:
        for faces in stream.push([frame]):
            yield _answered(faces, pipeline, recognizer, newest)
    for faces in stream.flush():
        yield _answered(faces, pipeline, recognizer, newest)


def _answered(faces: FrameFaces, pipeline: FacePipeline, recognizer: StreamingRecognizer,
              newest: dict[int, StreamAnswer]) -> LiveFrame:
    crops = {}
    for face in faces.faces:
        if face.status in SEEN:
            try:
                crops[face.id] = pipeline.crop(faces, face)
            except AlignmentError:
                pass  # as good as absent; the next frame will be better, and a camera goes on
    fresh = recognizer.update(faces.frame.number, crops)
    newest.update((answer.id, answer) for answer in fresh)
    for person in newest.keys() - set(recognizer.people):
        del newest[person]
    return LiveFrame(faces, tuple(fresh), dict(newest))
