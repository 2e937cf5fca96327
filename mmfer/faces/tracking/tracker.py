"""People of a video, frame by frame."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import DetectorError
from mmfer.faces.detector import FaceDetector
from mmfer.faces.structures import (
    FOUND,
    TRACKED,
    FaceDetections,
    FrameFaces,
    TrackedFace,
    VideoFrame,
)
from mmfer.faces.tracking.association import overlaps
from mmfer.faces.tracking.carrying import Carried, carry
from mmfer.faces.tracking.cuts import CutDetector
from mmfer.faces.tracking.flow import Followed, follow
from mmfer.faces.tracking.matching import match, unmistaken
from mmfer.faces.tracking.people import Person, people_arrays, people_of
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.settings import TrackingSettings
from mmfer.faces.tracking.states import reading_state
from mmfer.faces.tracking.views import view_of

__all__ = ['FaceTracker']


class FaceTracker:
    """Gives every face of a video the id of its person.

    Detections are joined one to one to the faces of the frame before: to the one in the same
    place that looks alike, or, where that leaves a doubt, by overlap with where faces were
    followed to by optical flow. A face that the detector does not see, or on a frame
    that it does not look at, is followed by the flow alone and counts as tracked if the picture
    agrees (:func:`~mmfer.faces.tracking.carrying.carry`). Somebody who comes back within a shot
    is known by place and looks.

    The answer for a frame depends on it and on earlier frames alone, and memory is constant.

    Args:
        detector: What looks for faces.
        settings: See :class:`TrackingSettings`.

    Raises:
        ConfigError: Cuts are to be found, and scenedetect is not installed.
    """

    def __init__(self, detector: FaceDetector, settings: TrackingSettings | None = None) -> None:
        self._detector = detector
        self._settings = settings or TrackingSettings()
        self._cuts = CutDetector(self._settings.cut_threshold)
        self._people: dict[int, Person] = {}
        self._shot = 0
        self._next_id = 1
        self._wait = 0  # frames until the detector looks again

    def update(self, frame: VideoFrame) -> FrameFaces:
        """The people on the next frame, found or tracked.

        Raises:
            DetectorError: The detector's answer is malformed.
        """
        picture = Pyramid(frame.image)
        if self._cuts.is_cut(picture):
            self._shot += 1
            self._people, self._wait = {}, 0
        before = self._present()
        moved = self._follow(picture, before) if self._wait else {}
        carried = self._carry(frame, picture, moved)
        found: set[int] = set()
        if not self._wait or len(carried) < len(before):
            found = self._look(frame, picture, moved)
            carried = self._carry(frame, picture, moved, found)
            self._wait = self._settings.detect_every
        self._wait -= 1
        self._settle(found, carried)
        present = self._present()
        if any(person.detections < self._settings.confirm for person in present):
            self._wait = 0  # look again at once, before a mistake is followed
        return FrameFaces(frame, tuple(
            TrackedFace(person.id, self._shot, person.box, person.landmarks, person.score,
                        FOUND if person.id in found else TRACKED)
            for person in present), self._shot)

    def state(self) -> dict[str, NDArray]:
        """All that later answers depend on, as plain arrays.

        A few kilobytes per person and one small picture: it is cheap to keep every few seconds.
        """
        last = self._cuts.last
        return {
            'counters': np.array([self._shot, self._next_id, self._wait], np.int64),
            'cut_frame': np.zeros((0, 0, 3), np.uint8) if last is None else last,
            'cut_size': np.array(self._cuts.size, np.int64),
            **people_arrays(list(self._people.values())),
        }

    def restore(self, state: Mapping[str, NDArray]) -> None:
        """Goes on where :meth:`state` was taken, to the bit; with the same settings.

        Raises:
            LedgerError: These are not the arrays of a state.
        """
        with reading_state():
            shot, next_id, wait = (int(number) for number in state['counters'])
            people = {person.id: person for person in people_of(state)}
            height, width = (int(number) for number in state['cut_size'])
            last = state['cut_frame']
        self._shot, self._next_id, self._wait, self._people = shot, next_id, wait, people
        self._cuts.restore(last if last.size else None, (height, width))

    def _present(self) -> list[Person]:
        """Those whose faces are on the last frame, by id ascending."""
        return [person for _, person in sorted(self._people.items()) if person.absent == 0]

    def _follow(self, picture: Pyramid, people: Iterable[Person]) -> dict[int, Followed]:
        """Where faces of the last frame have moved to, by id; lost ones are left out."""
        moved = {}
        for person in people:
            face = follow(person.view, person.view.again(picture), person.box,
                          person.landmarks)
            if face is not None:
                moved[person.id] = face
        return moved

    def _look(self, frame: VideoFrame, picture: Pyramid, moved: dict[int, Followed]) -> set[int]:
        """Detects, and gives each detection its person; the ids found.

        Adds to ``moved`` whom it follows.
        """
        detections = self._detector.detect([frame])[0]
        _check(detections, frame)
        views = [view_of(picture, box) for box in detections.boxes]
        present = self._present()
        sure = unmistaken(present, detections.boxes, views, self._settings)
        known_ids = {person.id for person in sure.values()} | set(moved)
        moved.update(self._follow(
            picture, [person for person in present if person.id not in known_ids]))
        matched = match(list(self._people.values()), sure, moved, detections.boxes, views,
                        self._settings)
        least, found = self._settings.start_score, set()
        for row, view in enumerate(views):
            score, known = float(detections.scores[row]), matched.get(row)
            if known is None:
                if least is not None and score < least:
                    continue
                self._next_id += 1
            id_ = self._next_id - 1 if known is None else known.id
            self._people[id_] = Person(
                id=id_, box=detections.boxes[row], score=score, view=view,
                landmarks=None if detections.landmarks is None else detections.landmarks[row],
                portrait=view.portrait(), detections=1 if known is None else known.detections + 1)
            found.add(id_)
        return found

    def _carry(self, frame: VideoFrame, picture: Pyramid, moved: Mapping[int, Followed],
               found: set[int] | None = None) -> dict[int, Carried]:
        """Faces that are followed; ``found``, where the detector has looked, whom it saw."""
        settings, people = self._settings, self._people.values()
        seen = [person.box for person in people if person.id in (found or ())]
        unseen = [person for person in people
                  if person.id not in (found or ()) and person.carried < settings.longest_carry
                  and (found is None or person.detections >= settings.confirm)]
        return carry(self._detector, frame, picture, unseen, moved,
                     np.array(seen, np.float32).reshape(-1, 4), settings.min_correlation)

    def _portrait(self, person: Person, one: Carried) -> NDArray[np.uint8]:
        """What a face that is followed is compared with from now on.

        Until the detector looks again, that is what it looks like here, as if the detector had
        seen it; then it stays, so that nothing can creep away. A face that touches another one
        may be half hidden already, and keeps its picture too.
        """
        if (person.carried + 1 >= self._settings.detect_every
                or one.likeness < self._settings.min_likeness):
            return person.portrait
        others = [other.box for other in self._people.values()
                  if other.id != person.id and other.absent == 0]
        if others and overlaps(one.face.box, np.stack(others)).any():
            return person.portrait
        return one.view.portrait()

    def _settle(self, found: set[int], carried: Mapping[int, Carried]) -> None:
        """Brings everybody to this frame, and forgets who has been away for too long."""
        for id_, person in self._people.items():
            one = carried.get(id_)
            if one is not None:
                self._people[id_] = replace(
                    person, box=one.face.box, landmarks=one.face.landmarks, view=one.view,
                    portrait=self._portrait(person, one), carried=person.carried + 1)
            elif id_ not in found:
                self._people[id_] = replace(person, absent=person.absent + 1)
        self._people = {
            id_: person for id_, person in self._people.items()
            if person.absent <= self._settings.patience(person.detections)}


def _check(detections: FaceDetections, frame: VideoFrame) -> None:
    """Refuses what no face can be.

    Raises:
        DetectorError: Shapes do not fit together, a number is not finite, or a box is empty.
    """
    boxes, landmarks = detections.boxes, detections.landmarks
    fits = boxes.ndim == 2 and boxes.shape[1] == 4 and detections.scores.shape == boxes.shape[:1]
    if fits and landmarks is not None:
        fits = landmarks.ndim == 3 and landmarks.shape[::2] == (len(boxes), 2)
    if not fits:
        raise DetectorError(f'frame {frame.number}: boxes {boxes.shape}, scores '
                            f'{detections.scores.shape} and landmarks '
                            f'{None if landmarks is None else landmarks.shape} do not belong '
                            'together; mend the detector')
    finite = np.isfinite(boxes).all() and (landmarks is None or np.isfinite(landmarks).all())
    if not finite or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise DetectorError(f'frame {frame.number}: the detector gives a box or landmarks that '
                            'are not finite, or an empty box; mend the detector, or leave such '
                            'faces out of its list')
