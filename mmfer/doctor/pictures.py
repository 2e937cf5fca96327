"""Checks that open the media: is everything readable, is there a face, is a clip there twice."""
from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.annotations import Annotations, Row
from mmfer.datasets.expression_dataset import media_fields
from mmfer.datasets.transforms import LoadFrames
from mmfer.doctor.duplicates import Pair, hash_clip, places, same_pictures
from mmfer.doctor.findings import Finding
from mmfer.errors import AnnotationError, MediaError
from mmfer.faces.detectors.dlib_models import HogFinder

DETECTOR_SIDE = 160
"""Least side in pixels of a picture: the detector finds faces from 80 pixels on."""
MOST_DOUBLINGS = 3


@dataclass
class Seen:
    """What opening the clips has shown.

    Attributes:
        unreadable: (clip, why).
        faceless: Clips on whose frames no face was found.
        clips: Those that could be read.
        hashes: (K, B) of each of them.
    """

    unreadable: list[tuple[str, str]] = field(default_factory=list)
    faceless: list[str] = field(default_factory=list)
    clips: list[str] = field(default_factory=list)
    hashes: list[np.ndarray] = field(default_factory=list)

    def findings(self, faces: bool) -> list[Finding]:
        """What was wrong, duplicates aside."""
        found = [Finding('frames that cannot be decoded', tuple(
            f'clip {clip!r}: {why}' for clip, why in self.unreadable))]
        if faces:
            found.append(Finding('clips on whose frames no face is found', tuple(
                f'clip {clip!r}' for clip in self.faceless)))
        return found

    def pairs(self) -> list[Pair]:
        """Clips that look the same."""
        return same_pictures(self.clips, np.stack(self.hashes)) if self.hashes else []


def look(annotations: Annotations, root: Path, faces: bool = False,
         progress: Callable[[int], None] | None = None) -> Seen:
    """Decodes some evenly spaced frames of every clip.

    Args:
        annotations: The clips; those without frames are passed over.
        root: Of their media.
        faces: Whether to look for a face on the frames.
        progress: Called with the number of clips looked at.

    Raises:
        DetectorError: faces are wanted, and dlib is not installed.
    """
    detect = face_detector() if faces else None
    seen = Seen()
    for count, row in enumerate(annotations.rows, start=1):
        if row['num_frames']:
            try:
                frames = list(read_frames(row, root))
                seen.clips.append(row['clip'])
                seen.hashes.append(hash_clip(frames))
                if detect is not None and not any(map(detect, frames)):
                    seen.faceless.append(row['clip'])
            except (MediaError, AnnotationError) as error:
                seen.unreadable.append((row['clip'], str(error)))
        if progress is not None:
            progress(count)
    return seen


def read_frames(row: Row, root: Path) -> Iterator[np.ndarray]:
    """The frames that stand for a clip, (H, W, 3) uint8 RGB.

    Raises:
        MediaError: one cannot be read.
        AnnotationError: a path leaves the root.
    """
    load = LoadFrames()
    fields = media_fields(row, str(root))
    numbers = row.get('frame_numbers') or range(1, row['num_frames'] + 1)
    for place in places(row['num_frames']):
        # one by one, for frames of whole photographs differ in size
        sample: dict[str, Any] = {**fields, 'clip': row['clip'],
                                  'frame_inds': [numbers[place] - 1 + fields['start_index']]}
        yield load(sample)['imgs'][0]


def face_detector() -> Callable[[np.ndarray], bool]:
    """Tells whether there is a face on an (H, W, 3) uint8 RGB image; dlib's HOG detector.

    Raises:
        DetectorError: dlib is not installed.
    """
    finders = [HogFinder(doublings, 0.) for doublings in range(MOST_DOUBLINGS + 1)]

    def detect(image: np.ndarray) -> bool:
        doublings = math.ceil(max(0., math.log2(DETECTOR_SIDE / min(image.shape[:2]))))
        boxes, _ = finders[min(doublings, MOST_DOUBLINGS)]([image])[0]
        return len(boxes) > 0

    return detect
