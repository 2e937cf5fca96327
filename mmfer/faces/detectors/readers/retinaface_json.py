"""What RetinaFace's Python packages give of each frame, gathered in one JSON per clip."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.fields import check_box, fault, number_in_name, to_float
from mmfer.faces.detectors.readers.own_json import faces_by_frame, numbers
from mmfer.jsonfile import read_json

__all__ = ['read_retinaface_json']

# the person's right eye stands first: on the left of the picture
_POINTS = ('right_eye', 'left_eye', 'nose', 'mouth_right', 'mouth_left')


def read_retinaface_json(path: Path, scheme: str | None) -> Iterator[FaceRow]:
    """Faces of one clip out of ``{frame: RetinaFace.detect_faces(...)}``.

    A key is the number of the frame, or the name of its image with the number at the end; both
    may count from 0.
    Each face has ``score``, ``facial_area`` (x0, y0, x1, y1) and five named ``landmarks``, as the
    package retina-face gives them.

    Raises:
        DetectorError: The file is malformed; names frame, face and field.
    """
    yield FaceRow(None, None)
    content = read_json(path, DetectorError)
    for key, place, face in faces_by_frame(str(path), content):
        landmarks = face.get('landmarks')
        if not isinstance(landmarks, dict):
            raise fault(place, 'landmarks', 'is no object of five points')
        points = [number for name in _POINTS
                  for number in numbers(landmarks.get(name), 2, place, name)]
        box = numbers(face.get('facial_area'), 4, place, 'facial_area')
        yield FaceRow(None, number_in_name(key, place), check_box(box, place, 'facial_area'),
                      to_float(face.get('score'), place, 'score'), points)
    for key in content:
        yield FaceRow(None, number_in_name(key, f'{path}, frame {key!r}'))
