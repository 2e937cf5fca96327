"""The text that RetinaFace's implementations write for the evaluation on WIDER FACE."""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.fields import (
    check_box,
    fault,
    number_in_name,
    to_count,
    to_float,
)

__all__ = ['read_retinaface_txt']

_FIELDS = ('x', 'y', 'width', 'height', 'score')


def read_retinaface_txt(path: Path, scheme: str | None) -> Iterator[FaceRow]:
    """Faces out of blocks: name of the image, number of faces, a line ``x y w h score`` for each.

    One file has a block or many. The number of the frame is at the end of the image's name, and
    may count from 0.

    Raises:
        DetectorError: The file is malformed; names line and field.
    """
    try:
        lines = path.read_text(encoding='utf-8-sig').splitlines()
    except OSError as error:
        raise DetectorError(f'{path}: cannot be read: {error.strerror}') from error
    except UnicodeDecodeError as error:
        raise DetectorError(f'{path}: is no text in UTF-8 ({error})') from error
    yield FaceRow(None, None)
    numbered = iter([(f'{path}, line {number}', line.strip())
                     for number, line in enumerate(lines, 1) if line.strip()])
    for where, name in numbered:
        number = number_in_name(name, where)
        yield FaceRow(None, number)
        where, count = next(numbered, (f'{path}, end', ''))
        for _ in range(to_count(count, where, 'number of faces')):
            where, line = next(numbered, (f'{path}, end', ''))
            yield _face(where, number, line.split())


def _face(where: str, number: int, cells: list[str]) -> FaceRow:
    if len(cells) != len(_FIELDS):
        raise fault(where, ' '.join(_FIELDS), f'there are {len(cells)} numbers in place of '
                                              f'{len(_FIELDS)}')
    x, y, width, height, score = (to_float(cell, where, field)
                                  for cell, field in zip(cells, _FIELDS, strict=True))
    return FaceRow(None, number, check_box((x, y, x + width, y + height), where,
                                           'width, height'), score)
