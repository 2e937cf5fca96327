from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors.readers.face_table import FaceRow
from mmfer.faces.detectors.readers.retinaface_txt import read_retinaface_txt


def read(folder: Path, text: str | bytes) -> list[FaceRow]:
    path = folder / 'a.txt'
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [row for row in read_retinaface_txt(path, None) if row.box is not None]


def test_blocks(tmp_path: Path) -> None:
    text = ('clip/000003.jpg\n2\n10 20 30 40 0.99 \n1.5 2 3 4 0.5\n000004\n0\n\n'
            '5.jpg\n1\n0 0 1 1 1\n')
    assert read(tmp_path, text) == [
        FaceRow(None, 3, (10, 20, 40, 60), .99), FaceRow(None, 3, (1.5, 2, 4.5, 6), .5),
        FaceRow(None, 5, (0, 0, 1, 1), 1.)]
    assert read(tmp_path, '') == []
    (tmp_path / 'a.txt').write_text('000.jpg\n0\n')
    assert FaceRow(None, 0) in list(read_retinaface_txt(tmp_path / 'a.txt', None))


@pytest.mark.parametrize('text, message', [
    ('first.jpg\n0\n', "line 1, field 'frame'"), ('1.jpg\nx\n', "line 2, field 'number of faces'"),
    ('1.jpg\n1\n', "end, field 'x y width height score': there are 0"), ('1.jpg', 'end'),
    ('1.jpg\n1\n1 2 3 4\n', 'line 3, field .*there are 4 numbers in place of 5'),
    ('1.jpg\n1\n1 2 3 4 x\n', "line 3, field 'score'"),
    ('1.jpg\n1\n1 2 0 4 1\n', "line 3, field 'width, height'"),
    (b'\xff1.jpg\n', 'no text in UTF-8')])
def test_malformed(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(DetectorError, match=message):
        read(tmp_path, text)


def test_missing(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match='b.txt: cannot be read'):
        list(read_retinaface_txt(tmp_path / 'b.txt', None))
