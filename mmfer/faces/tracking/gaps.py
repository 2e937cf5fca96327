"""Gaps between sightings, bridged afterwards."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from mmfer.faces.status_runs import CROPPED
from mmfer.faces.structures import FOUND, INTERPOLATED, FrameFaces, TrackedFace, VideoFrame
from mmfer.faces.tracking.settings import TrackingSettings
from mmfer.faces.tracking.states import face_arrays, faces_of, reading_state

__all__ = ['GapFiller', 'Judge']

Judge = Callable[[VideoFrame, TrackedFace], TrackedFace]
"""Gives a face of a frame another status where it cannot be used."""


@dataclass(frozen=True)
class _Held:
    """A frame that is held back, its position in the order of pushing, its faces by id."""

    frame: VideoFrame
    position: int
    faces: dict[int, TrackedFace]


@dataclass(frozen=True)
class _Sighting:
    """The last face of a person, judged, on which frame, and on how many one was found so far."""

    face: TrackedFace
    number: int
    position: int
    found: int


class GapFiller:
    """Fills the gaps in what :class:`~mmfer.faces.tracking.FaceTracker` gives.

    On frames between two sightings of a person, at most ``longest_gap`` of them, box and
    landmarks are put between those of the frames around, linearly by frame number, with the
    score of the sighting before and the status ``interpolated``. Longer gaps, and those open at
    an end, stay: the person is not listed there. Who has not been found ``confirm`` times when a
    frame has to leave is left out of it, unless video or shot ended before the detector could
    look again.

    Faces are judged as they come; one between two sightings of which neither can be used cannot be
    used either, and has the status of the one before. Every other interpolated face is judged too.

    Frames leave in order, delayed by at most ``longest_gap`` frames (or ``confirm - 1``, if that
    is more), and not at all while everybody who was there still is.

    Args:
        settings: The same as the tracker's.
        judge: Says which faces can be used; by default all can.
    """

    def __init__(self, settings: TrackingSettings | None = None,
                 judge: Judge | None = None) -> None:
        self._settings = settings or TrackingSettings()
        self._judge = judge or (lambda frame, face: face)
        self._delay = max(self._settings.longest_gap, self._settings.confirm - 1)
        self._held: deque[_Held] = deque()
        self._seen: dict[int, _Sighting] = {}
        self._position = 0
        self._shot = 0

    @property
    def pending(self) -> int:
        """Number of frames that are held back."""
        return len(self._held)

    @property
    def oldest(self) -> int | None:
        """Number of the first frame that is held back; None where none is."""
        return self._held[0].frame.number if self._held else None

    def push(self, faces: FrameFaces) -> list[FrameFaces]:
        """Takes the next frame; gives those whose gaps are settled, in order."""
        left = []
        if faces.shot != self._shot:
            left = self.flush()
            self._shot = faces.shot
        self._position += 1
        judged = [self._judge(faces.frame, face) for face in faces.faces]
        for face, one in zip(faces.faces, judged, strict=True):
            self._note(one, faces.frame.number, int(face.status == FOUND))
        self._held.append(_Held(faces.frame, self._position, {face.id: face for face in judged}))
        while self._held and not self._must_wait(self._held[0]):
            left.append(self._leave())
        self._forget()
        return left

    def flush(self) -> list[FrameFaces]:
        """Gives what is held back, at the end of the video; gaps that are open stay."""
        # nobody looked again for those who are on the last frame: they stay as they are
        stay = {id_ for id_, last in self._seen.items() if last.position == self._position}
        left = [self._leave(stay) for _ in range(len(self._held))]
        self._seen.clear()
        return left

    def state(self) -> dict[str, NDArray]:
        """What later answers depend on, as plain arrays; of frames held back all but the image."""
        seen, held = list(self._seen.values()), list(self._held)
        faces = {'seen': [one.face for one in seen],
                 'held': [face for one in held for face in one.faces.values()]}
        return {
            'counters': np.array([self._position, self._shot], np.int64),
            'seen': np.array([[s.number, s.position, s.found] for s in seen],
                             np.int64).reshape(-1, 3),
            'held': np.array([[one.frame.number, len(one.faces)] for one in held],
                             np.int64).reshape(-1, 2),
            **{f'{name}.{key}': array for name, some in faces.items()
               for key, array in face_arrays(some).items()}}

    def restore(self, state: Mapping[str, NDArray], frames: Iterator[VideoFrame]) -> None:
        """Goes on where :meth:`state` was taken; with the same settings.

        Args:
            state: What it gave.
            frames: The frames of the video from the :attr:`oldest` on that was held back then;
                as many as were are taken.

        Raises:
            LedgerError: These are not the arrays of a state, or not its frames.
        """
        with reading_state():
            position, shot = (int(number) for number in state['counters'])
            seen = {face.id: _Sighting(face, *(int(number) for number in numbers))
                    for face, numbers in zip(_faces(state, 'seen', shot), state['seen'],
                                             strict=True)}
            faces = iter(_faces(state, 'held', shot))
            shown = [{face.id: face for face in islice(faces, int(count))}
                     for _, count in state['held']]
            images = list(islice(frames, len(shown)))
            if [frame.number for frame in images] != [int(number) for number, _ in state['held']]:
                raise ValueError('other frames were held back')
        self._held = deque(
            _Held(frame, place, some) for place, (frame, some) in enumerate(
                zip(images, shown, strict=True), position + 1 - len(images)))
        self._position, self._shot, self._seen = position, shot, seen

    def _note(self, face: TrackedFace, number: int, found: int) -> None:
        """Fills the gap before a sighting, if there is one, and remembers it."""
        last = self._seen.get(face.id)
        if last is not None:
            found += last.found
            if self._position - last.position - 1 <= self._settings.longest_gap:
                for held in self._held:
                    if held.position > last.position:
                        share = (held.frame.number - last.number) / (number - last.number)
                        held.faces[face.id] = self._between(held.frame, last.face, face, share)
        self._seen[face.id] = _Sighting(face, number, self._position, found)

    def _between(self, frame: VideoFrame, before: TrackedFace, after: TrackedFace,
                 share: float) -> TrackedFace:
        """The face on a frame at a share of the way from one to another, judged."""
        landmarks = None
        if before.landmarks is not None and after.landmarks is not None:
            landmarks = _mix(before.landmarks, after.landmarks, share)
        face = replace(before, box=_mix(before.box, after.box, share), landmarks=landmarks)
        if before.status in CROPPED or after.status in CROPPED:
            return self._judge(frame, replace(face, status=INTERPOLATED))
        return face

    def _must_wait(self, held: _Held) -> bool:
        """Whether what is still to come may change a frame."""
        if self._position - held.position >= self._delay:
            return False
        for id_, last in self._seen.items():
            open_gap = self._position - last.position <= self._settings.longest_gap
            if id_ not in held.faces and last.position < held.position and open_gap:
                return True
            unsure = last.found < self._settings.confirm
            if id_ in held.faces and unsure and open_gap:
                return True
        return False

    def _leave(self, stay: Collection[int] = ()) -> FrameFaces:
        held = self._held.popleft()
        return FrameFaces(held.frame, tuple(
            face for id_, face in sorted(held.faces.items())
            if id_ in stay or self._seen[id_].found >= self._settings.confirm), self._shot)

    def _forget(self) -> None:
        """Drops whom the tracker does not know any more either, once no frame shows them."""
        patience, shown = self._settings.patience, {i for held in self._held for i in held.faces}
        self._seen = {id_: last for id_, last in self._seen.items()
                      if id_ in shown or self._position - last.position <= patience(last.found)}


def _faces(state: Mapping[str, NDArray], name: str, shot: int) -> list[TrackedFace]:
    return faces_of({key.removeprefix(f'{name}.'): array for key, array in state.items()
                     if key.startswith(f'{name}.')}, shot)


def _mix(a: NDArray[np.float32], b: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    return (a.astype(np.float64) * (1 - share) + b.astype(np.float64) * share).astype(np.float32)
