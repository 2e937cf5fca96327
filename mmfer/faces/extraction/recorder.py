"""What of a clip is written while its frames go by."""
from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.errors import AlignmentError, MediaError
from mmfer.faces.extraction.parts import part_path
from mmfer.faces.extraction.publishing import CROPS
from mmfer.faces.ledger import LedgerRow, ledger_metadata, write_ledger
from mmfer.faces.ledger.rows import NOBODY
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import CropFormat
from mmfer.faces.status_runs import CROPPED, SEEN
from mmfer.faces.structures import ABSENT, FrameFaces, TrackedFace

__all__ = ['Recorder', 'encode_crop']


class Recorder:
    """Writes everybody's crops and the rows of the ledger into a clip's work folder.

    Rows go to disk in parts, so memory does not grow with the clip.

    Args:
        clip: Its id.
        work: Its work folder.
        pipeline: Cuts out faces.

    Attributes:
        frames: Number of frames so far.
        parts: Number of files of rows so far.
        degenerate: Number of faces that could not be cut out so far, because box or landmarks
            are degenerate.
        rows: Of the ledger, since the last part.
        metadata: Of the ledger.
    """

    def __init__(self, clip: str, work: Path, pipeline: FacePipeline) -> None:
        self._clip, self._work, self._pipeline = clip, work, pipeline
        self.frames = self.parts = self.degenerate = 0
        self.rows: list[LedgerRow] = []
        self._areas: dict[int, dict[int, tuple[float, float]]] = {}
        self._folders: set[int] = set()
        self.metadata = ledger_metadata(pipeline.identity, pipeline.detector.scheme)

    def add(self, frame_faces: FrameFaces) -> None:
        """Writes the crops of a frame and keeps its rows."""
        self.frames += 1
        for face in frame_faces.faces:
            self._count_area(face)
            cut = face.status in CROPPED and self._write(frame_faces, face)
            self._add_row(frame_faces, id=face.id, box=face.box, landmarks=face.landmarks,
                          score=face.score, status=face.status, crop=cut)
        if not frame_faces.faces:
            self._add_row(frame_faces, id=NOBODY, box=None, landmarks=None, score=None,
                          status=ABSENT, crop=False)

    def _add_row(self, frame_faces: FrameFaces, **values: Any) -> None:
        frame = frame_faces.frame
        self.rows.append(LedgerRow(clip=self._clip, frame=frame.number, time_s=frame.time_s,
                                    shot=frame_faces.shot, **values))

    def save_part(self) -> None:
        """Writes the rows since the last part into the next one."""
        self.parts += 1
        write_ledger(part_path(self._work, self.parts), self.rows, self.metadata)
        self.rows = []

    def main_people(self) -> dict[int, int]:
        """By shot the main person, as :func:`mmfer.faces.ledger.main_people` tells it."""
        return {shot: max(sorted(areas), key=areas.__getitem__)
                for shot, areas in sorted(self._areas.items())}

    def state(self) -> dict[str, Any]:
        """As JSON; rows have to be saved first."""
        return {'frames': self.frames, 'parts': self.parts, 'degenerate': self.degenerate,
                'areas': [[shot, person, *area] for shot, areas in self._areas.items()
                          for person, area in areas.items()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on where :meth:`state` was taken."""
        self.frames, self.parts = state['frames'], state['parts']
        self.degenerate = state['degenerate']
        for shot, person, seen, listed in state['areas']:
            self._areas.setdefault(shot, {})[person] = seen, listed

    def _count_area(self, face: TrackedFace) -> None:
        areas = self._areas.setdefault(face.shot, {})
        x0, y0, x1, y1 = face.box.tolist()
        area = (x1 - x0) * (y1 - y0)
        seen, listed = areas.get(face.id, (0., 0.))
        areas[face.id] = seen + area * (face.status in SEEN), listed + area

    def _write(self, frame_faces: FrameFaces, face: TrackedFace) -> bool:
        """Writes a crop; False where box or landmarks are none of a face."""
        crops = self._pipeline.settings.crops
        folder = self._work / CROPS / str(face.id)
        try:
            content = encode_crop(self._pipeline.crop(frame_faces, face), crops)
        except AlignmentError:
            self.degenerate += 1
            return False
        if face.id not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(face.id)
        # not whole by itself: the folder takes its place when all of it is there
        with open(f'{folder}/{frame_faces.frame.number:06d}.{crops.suffix}', 'wb') as file:
            file.write(content)
        return True


def encode_crop(crop: NDArray[np.uint8], crops: CropFormat) -> bytes:
    """The bytes of a crop (S, S, 3) RGB as an image file.

    Raises:
        MediaError: It cannot be encoded.
    """
    options = ([cv2.IMWRITE_JPEG_QUALITY, crops.jpg_quality] if crops.suffix == 'jpg' else [])
    encoded, content = cv2.imencode(f'.{crops.suffix}', cv2.cvtColor(crop, cv2.COLOR_RGB2BGR),
                                    options)
    if not encoded:
        raise MediaError(f'a crop of {crop.shape} cannot be written as {crops.suffix}')
    return content.tobytes()
