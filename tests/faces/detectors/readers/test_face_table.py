from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mmfer.faces.detectors.readers.face_table import FaceRow, build_tables
from mmfer.faces.structures import CENTRES5

COORDINATES = st.floats(-1e4, 1e4, width=32)
ROWS = st.lists(st.builds(
    FaceRow, st.sampled_from([None, 'a', 'b/c']), st.one_of(st.none(), st.integers(0, 6)),
    st.one_of(st.none(), st.lists(COORDINATES, min_size=4, max_size=4)),
    st.floats(0, 1, width=32), st.lists(COORDINATES, min_size=10, max_size=10)), max_size=30)


@given(ROWS, st.one_of(st.none(), st.floats(0, 1)))
def test_faces_of_every_frame(rows: list[FaceRow], min_score: float | None) -> None:
    tables = build_tables(rows, CENTRES5, min_score)
    assert set(tables) == {row.clip for row in rows}
    for clip, table in tables.items():
        for number in range(-1, 8):
            from_zero = any(row.clip == clip and row.number == 0 for row in rows)
            expected = [row for row in rows if row.clip == clip and row.number is not None
                        and row.number + from_zero == number
                        and (min_score is None or row.score >= min_score)]
            found = table.at(number)
            assert found.boxes.shape == (len(expected), 4)
            assert found.landmarks is not None and found.landmarks.shape == (len(expected), 5, 2)
            assert found.scores.tolist() == [row.score for row in expected]
            for box, points, row in zip(found.boxes, found.landmarks, expected, strict=True):
                assert points.ravel().tolist() == row.points
                around = [*points.min(0), *points.max(0)]
                assert box.tolist() == (around if row.box is None else row.box)


def test_a_frame_listed_without_a_face_counts_as_the_first() -> None:
    face = FaceRow(None, 1, (1, 2, 3, 4), .5)
    for first in (FaceRow(None, 0), FaceRow(None, 0, (5, 6, 7, 8), .1)):  # or with a weak one
        table = build_tables([face, first], None, min_score=.3)[None]
        assert [len(table.at(number)) for number in range(4)] == [0, 0, 1, 0]


def test_boxes_alone() -> None:
    table = build_tables([FaceRow(None, 3, (1, 2, 3, 4), .5)], None)[None]
    assert table.at(3).landmarks is None and table.at(3).boxes.dtype == np.float32


def test_answers_are_copies() -> None:
    table = build_tables([FaceRow(None, 3, (1, 2, 3, 4), .5)], None)[None]
    table.at(3).boxes[:] = 0
    assert table.at(3).boxes.tolist() == [[1, 2, 3, 4]]
