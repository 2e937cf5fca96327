"""From frames to people and crops, in constant memory: for files, folders and live video."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import ConfigError, MMFERError
from mmfer.faces.alignment import align_face
from mmfer.faces.detector import FaceDetector
from mmfer.faces.frames import FrameSource
from mmfer.faces.look_ahead import LookAheadDetector
from mmfer.faces.quality import judge
from mmfer.faces.settings import FaceSettings
from mmfer.faces.structures import FrameFaces, TrackedFace, VideoFrame
from mmfer.faces.tracking import FaceTracker, GapFiller
from mmfer.jsonfile import json_hash
from mmfer.registry import FACE_DETECTORS

__all__ = ['FacePipeline', 'FaceStream', 'build_detector']

_TRACKER, _FILLER = 'tracker.', 'filler.'


def build_detector(config: Mapping[str, Any]) -> FaceDetector:
    """A detector by its config, such as ``dict(type='dlib')``.

    Raises:
        ConfigError: There is none of that name, or it does not take an argument or its value.
        DetectorError: It cannot be used.
    """
    name = config['type']
    if FACE_DETECTORS.get(name) is None:
        known = ', '.join(sorted(FACE_DETECTORS.module_dict))
        raise ConfigError(f'there is no face detector {name!r}; there are {known}, and own ones '
                          'once the module that registers them is imported')
    try:
        return FACE_DETECTORS.build(dict(config))
    except MMFERError:
        raise
    except (TypeError, ValueError) as error:
        raise ConfigError(f'detector {name!r}: {error}; docs/faces.md has the options of '
                          'each detector') from error


class FacePipeline:
    """Detects, tracks, bridges gaps, judges and cuts out faces.

    Args:
        settings: Everything that decides the result.
        detector: Built already; by default it is built from the settings.

    Attributes:
        settings: As given.
        detector: The detector.

    Raises:
        ConfigError: The detector's config is wrong, or it gives no landmarks and the geometry
            needs some.
        DetectorError: The detector cannot be used.
    """

    def __init__(self, settings: FaceSettings, detector: FaceDetector | None = None) -> None:
        self.settings = settings
        self.detector = build_detector(settings.detector) if detector is None else detector
        if settings.geometry.needs_landmarks and self.detector.scheme is None:
            raise ConfigError(f"geometry {settings.geometry.kind!r} needs landmarks, and detector "
                              f"{settings.detector['type']!r} gives boxes alone; take geometry "
                              "'box', or another detector")

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Everything that decides the result, as JSON."""
        return self.settings.identity(self.detector)

    @cached_property
    def settings_hash(self) -> str:
        """SHA-256 of :attr:`identity`."""
        return json_hash(self.identity)

    def start(self, clip: str) -> FaceStream:
        """Begins a video; several may be under way.

        Args:
            clip: Its id, for detectors whose answers were made before.
        """
        return FaceStream(self.settings, self.detector.for_clip(clip))

    def run(self, source: FrameSource, clip: str | None = None) -> Iterator[FrameFaces]:
        """The people on every frame of a source, in order.

        Args:
            source: Open.
            clip: Its id; by default the source's name.

        Raises:
            MediaError: A frame cannot be read.
        """
        stream = self.start(source.name if clip is None else clip)
        for frames in stream.batches(source):
            yield from stream.push(frames)
        yield from stream.flush()

    def crop(self, frame_faces: FrameFaces, face: TrackedFace) -> NDArray[np.uint8]:
        """A face cut out of its frame, (S, S, 3) uint8 RGB."""
        return align_face(frame_faces.frame.image, face.box, face.landmarks,
                          self.detector.scheme, self.settings.geometry)


class FaceStream:
    """One video on its way through the pipeline.

    Args:
        settings: See :class:`FacePipeline`.
        detector: For this video.
    """

    def __init__(self, settings: FaceSettings, detector: FaceDetector) -> None:
        self._ahead = (LookAheadDetector(detector, settings.tracking.detect_every)
                       if detector.batch_size > 1 else None)
        self._read_ahead = detector.batch_size * (settings.tracking.detect_every
                                                  if self._ahead else 1)
        self._tracker = FaceTracker(self._ahead or detector, settings.tracking)
        self._filler = GapFiller(settings.tracking, lambda frame, face: judge(
            frame.image, face, detector.scheme, settings.quality))

    @property
    def pending(self) -> int:
        """Number of frames that were pushed and have not come out."""
        return self._filler.pending

    @property
    def oldest(self) -> int | None:
        """Number of the first frame that is pending; None where none is."""
        return self._filler.oldest

    def batches(self, frames: Iterable[VideoFrame]) -> Iterator[list[VideoFrame]]:
        """Frames in groups of the size that is best pushed at once."""
        iterator = iter(frames)
        while batch := list(islice(iterator, self._read_ahead)):
            yield batch

    def push(self, frames: Sequence[VideoFrame]) -> Iterator[FrameFaces]:
        """Takes the next frames; gives those, earlier ones first, about which all is known."""
        if self._ahead is not None:
            self._ahead.expect(frames)
        for frame in frames:
            yield from self._filler.push(self._tracker.update(frame))

    def flush(self) -> Iterator[FrameFaces]:
        """Ends the video; gives the frames that were held back."""
        yield from self._filler.flush()

    def state(self) -> dict[str, NDArray[Any]]:
        """All that later answers depend on, as plain arrays; of pending frames not the images."""
        parts: dict[str, FaceTracker | GapFiller] = {_TRACKER: self._tracker,
                                                     _FILLER: self._filler}
        return {name + key: array for name, part in parts.items()
                for key, array in part.state().items()}

    def restore(self, state: Mapping[str, NDArray[Any]], frames: Iterator[VideoFrame]) -> None:
        """Goes on where :meth:`state` was taken, to the bit; with the same settings.

        Args:
            state: What it gave.
            frames: The frames of the video from the :attr:`oldest` pending one on, of which
                the pending ones are taken. Those that follow are to be pushed.

        Raises:
            LedgerError: These are not the arrays of a state, or not its frames.
            MediaError: A frame cannot be read.
        """
        self._tracker.restore(_part(state, _TRACKER))
        self._filler.restore(_part(state, _FILLER), frames)


def _part(state: Mapping[str, NDArray[Any]], name: str) -> dict[str, NDArray[Any]]:
    return {key.removeprefix(name): array for key, array in state.items() if key.startswith(name)}
