from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from mmfer.errors import ConfigError
from mmfer.faces import structures
from mmfer.faces.alignment import Geometry, align_face
from mmfer.faces.structures import (
    SCHEMES,
    FaceDetections,
    FrameFaces,
    Status,
    TrackedFace,
    VideoFrame,
)

DOCS = Path(__file__).resolve().parents[2] / 'docs' / 'faces.md'
FRAME = VideoFrame(np.zeros((4, 6, 3), np.uint8), 3, .08)
FACE = TrackedFace(1, 0, np.array([0, 0, 2, 2], np.float32), None, .5, structures.FOUND)


@pytest.mark.parametrize('scheme', SCHEMES)
def test_faces_are_aligned_by_as_many_landmarks_as_their_scheme_has(scheme: str) -> None:
    """An upright face of any scheme; one landmark more or less is refused."""
    image = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    count = SCHEMES[scheme]
    landmarks = np.random.default_rng(1).uniform(20, 70, (count, 2))
    box, geometry = (10, 10, 80, 80), Geometry('similarity', 32)
    assert align_face(image, box, landmarks, scheme, geometry).shape == (32, 32, 3)
    for other in (landmarks[1:], np.concatenate([landmarks, landmarks[:1]])):
        with pytest.raises(ConfigError, match=f'landmarks of scheme {scheme} are'):
            align_face(image, box, other, scheme, geometry)


def test_schemes_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        SCHEMES['corners5'] = 6


def test_every_status_has_a_constant_and_a_row_in_the_documentation() -> None:
    constants = [value for name, value in vars(structures).items()
                 if name.isupper() and value in get_args(Status)]
    assert sorted(constants) == sorted(get_args(Status))
    rows = re.findall(r'^\| `([a-z ]+)` \| (?:a detector|it was|nothing|found)',
                      DOCS.read_text(encoding='utf-8').partition('\n## Ledger\n')[2], re.MULTILINE)
    assert sorted(rows) == sorted(get_args(Status))


@pytest.mark.parametrize('count', [0, 1, 3])
def test_the_length_of_detections_is_the_number_of_faces(count: int) -> None:
    boxes, scores = np.zeros((count, 4), np.float32), np.zeros(count, np.float32)
    for landmarks in (None, np.zeros((count, 5, 2), np.float32)):
        faces = FaceDetections(boxes, scores, landmarks)
        assert len(faces) == count and bool(faces) == (count > 0)


@pytest.mark.parametrize('one, field', [
    (FRAME, 'number'), (FACE, 'status'), (FrameFaces(FRAME, (FACE, )), 'faces'),
    (FaceDetections(np.zeros((1, 4), np.float32), np.zeros(1, np.float32)), 'scores')])
def test_what_flows_cannot_be_changed_on_the_way(one: object, field: str) -> None:
    """Answers are shared: a tracker keeps the faces that a writer is given."""
    before = getattr(one, field)
    with pytest.raises(FrozenInstanceError):
        setattr(one, field, None)
    assert getattr(one, field) is before
    changed = replace(one, **{field: None})
    assert getattr(changed, field) is None and getattr(one, field) is before
