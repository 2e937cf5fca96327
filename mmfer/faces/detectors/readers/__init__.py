"""Readers of files of boxes and landmarks, by format."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mmfer.faces.detectors.readers.face_table import FaceRow, FaceTable, Tables, build_tables
from mmfer.faces.detectors.readers.openface import read_openface
from mmfer.faces.detectors.readers.own_csv import read_own_csv
from mmfer.faces.detectors.readers.own_json import read_own_json
from mmfer.faces.detectors.readers.retinaface_json import read_retinaface_json
from mmfer.faces.detectors.readers.retinaface_txt import read_retinaface_txt
from mmfer.faces.structures import CENTRES5, IBUG68

__all__ = ['READERS', 'FaceRow', 'FaceTable', 'Reader', 'Tables', 'build_tables']


@dataclass(frozen=True)
class Reader:
    """How files of one format are read.

    Attributes:
        read: Faces of a file; takes the scheme of their landmarks.
        suffix: Of the files.
        scheme: What the landmarks are, or None: there are none.
        own: The format leaves the scheme to the user, and a file may hold several clips.
        folders: A clip may be a folder with a file per frame.
    """

    read: Callable[[Path, str | None], Iterator[FaceRow]]
    suffix: str
    scheme: str | None = None
    own: bool = False
    folders: bool = False


READERS = {
    'csv': Reader(read_own_csv, '.csv', own=True),
    'json': Reader(read_own_json, '.json', own=True),
    'openface': Reader(read_openface, '.csv', IBUG68),
    'retinaface_json': Reader(read_retinaface_json, '.json', CENTRES5),
    'retinaface_txt': Reader(read_retinaface_txt, '.txt', folders=True),
}
