"""mmfer's own JSON of boxes and landmarks."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.fields import check_box, fault, frame_number, to_float
from mmfer.faces.structures import SCHEMES
from mmfer.jsonfile import read_json

__all__ = ['faces_by_frame', 'numbers', 'read_own_json']


def read_own_json(path: Path, scheme: str | None) -> Iterator[FaceRow]:
    """Faces out of ``{"1": [{"box": [x0, y0, x1, y1], "score": 0.9, "landmarks": [[x, y]]}]}``.

    The keys are frame numbers, from 1. In a file of several clips,
    ``{"clips": {"clip": {"1": [...]}}}``.
    ``score`` may be left out (1), ``box`` where there are landmarks. Landmarks are those of
    ``scheme``, and absent without one.

    Raises:
        DetectorError: The file is malformed; names frame, face and field.
    """
    content = read_json(path, DetectorError)
    if isinstance(content, dict) and set(content) == {'clips'}:
        clips = content['clips']
        if not isinstance(clips, dict):
            raise fault(str(path), 'clips', 'is no object of clips')
        for clip, frames in clips.items():
            yield FaceRow(clip, None)
            yield from _faces(f'{path}, clip {clip!r}', clip, frames, scheme)
    else:
        yield FaceRow(None, None)
        yield from _faces(str(path), None, content, scheme)


def _faces(where: str, clip: str | None, frames: Any, scheme: str | None) -> Iterator[FaceRow]:
    for key, place, face in faces_by_frame(where, frames):
        unknown = sorted(set(face) - {'box', 'score', 'landmarks'})
        if unknown:
            raise fault(place, unknown[0], 'a face has "box", "score" and "landmarks" only')
        points = _points(face, place, scheme)
        box = None
        if 'box' in face or not points:
            box = check_box(numbers(face.get('box'), 4, place, 'box'), place, 'box')
        yield FaceRow(clip, frame_number(key, place), box,
                      to_float(face.get('score', 1), place, 'score'), points)
    for key in frames:
        frame_number(key, f'{where}, frame {key!r}')


def _points(face: dict[str, Any], where: str, scheme: str | None) -> list[float] | None:
    if scheme is None:
        if 'landmarks' in face:
            raise fault(where, 'landmarks', 'say with scheme what the landmarks are')
        return None
    points = face.get('landmarks')
    if not isinstance(points, list) or len(points) != SCHEMES[scheme]:
        raise fault(where, 'landmarks', f'is no list of the {SCHEMES[scheme]} points of {scheme}')
    return [number for point in points for number in numbers(point, 2, where, 'landmarks')]


def faces_by_frame(where: str, frames: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Key of the frame, place and object of every face of ``{frame: [face, ...]}``.

    The faces of a frame may be a list or an object whose keys do not matter.

    Raises:
        DetectorError: A frame or a face is something else.
    """
    if not isinstance(frames, dict):
        raise DetectorError(f'{where}: is no object of frames, as {{"1": [...], "2": []}}')
    for key, faces in frames.items():
        if not isinstance(faces, list | dict):
            raise DetectorError(f'{where}, frame {key!r}: is no list of faces')
        named = faces.items() if isinstance(faces, dict) else enumerate(faces, 1)
        for name, face in named:
            place = f'{where}, frame {key!r}, face {name!r}'
            if not isinstance(face, dict):
                raise DetectorError(f'{place}: is no object')
            yield key, place, face


def numbers(value: Any, count: int, where: str, field: str) -> list[float]:
    """A list of so many finite numbers.

    Raises:
        DetectorError: It is something else.
    """
    if not isinstance(value, list) or len(value) != count:
        raise fault(where, field, f'{value!r} is no list of {count} numbers')
    return [to_float(number, where, field) for number in value]
