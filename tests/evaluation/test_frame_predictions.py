import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.predictions import (
    Predictions,
    read_predictions,
    write_predictions,
)
from mmfer.testing.predictions import make_predictions, make_row, make_track

TRACKS = (
    make_track('b $x_1', [0, 2, 2], [0, 1, 2], subject='S1',
               frame_numbers=np.array([2, 3, 9], np.int32)),
    make_track('a 表情', [1], [1], filename_tmpl=None, start_index=0, frames='video ü.mp4'),
    make_track('a 表情', [1, 0], [0, 0], split='fold10', subject='S2'),
)


def written(tmp_path, tracks=TRACKS):
    path = tmp_path / 'predictions.parquet'
    write_predictions(path, make_predictions(tracks))
    return path


def replaced(path, name, values):
    """The file with one column replaced."""
    table = pq.read_table(path)
    field = table.schema.field(name)
    table = table.set_column(table.column_names.index(name), field,
                             pa.array(values, field.type))
    pq.write_table(table, path)
    return path


def test_one_row_per_frame(tmp_path):
    table = pq.read_table(written(tmp_path))
    assert table['clip'].to_pylist() == ['a 表情'] + ['b $x_1'] * 3 + ['a 表情'] * 2
    assert table['frame'].to_pylist() == [1, 2, 3, 9, 1, 2]
    assert table['label'].to_pylist() == [1, 0, 2, 2, 1, 0]
    assert table['subject'].to_pylist() == [None, 'S1', 'S1', 'S1', 'S2', 'S2']
    assert table['frame_numbers'].to_pylist() == [[1], [2], [3], [9], [1], [2]]
    assert table['apex'].null_count == 6


def test_round_trip_in_any_order_of_rows(tmp_path):
    path = written(tmp_path)
    first = path.read_bytes()
    table = pq.read_table(path)
    pq.write_table(table.take([3, 5, 0, 2, 4, 1]), path)
    read = read_predictions(path)
    assert read.rows == ()
    assert [(t.split, t.clip) for t in read.tracks] == [
        ('fold1', 'a 表情'), ('fold1', 'b $x_1'), ('fold10', 'a 表情')]
    for found, given in zip(read.tracks, (TRACKS[1], TRACKS[0], TRACKS[2]), strict=True):
        for field in dataclasses.fields(FramePredictions):
            a, b = getattr(found, field.name), getattr(given, field.name)
            if isinstance(b, np.ndarray):
                np.testing.assert_array_equal(a, b, strict=True)
            else:
                assert a == b
    assert read.labels.tolist() == [1, 0, 2, 2, 1, 0]
    assert read.predicted.tolist() == [1, 0, 1, 2, 0, 0]
    again = tmp_path / 'again.parquet'
    write_predictions(again, read)
    assert again.read_bytes() == first


@pytest.mark.parametrize('changes,match', [
    ({'labels': np.array([0, 3, 1])}, 'label: 3 is outside 0..2'),
    ({'labels': np.array([0, -1, 1])}, 'label: -1'),
    ({'labels': np.array([0, 1])}, 'label: 2 of 3'),
    ({'scores': np.zeros((3, 2), np.float32)}, r'scores: shape \[3, 2\]'),
    ({'scores': np.full((3, 3), np.nan, np.float32)}, 'scores: not finite'),
    ({'frame_numbers': np.array([1, 5, 5], np.int32)}, 'frame: 5 occurs twice'),
    ({'frame_numbers': np.array([1, 5, 4], np.int32)}, 'frame: the numbers are not ascending'),
    ({'frame_numbers': np.array([0, 1, 2], np.int32)}, 'frame: must be numbers from 1'),
    ({'clip': ''}, 'clip: is empty'),
])
def test_refuses_what_cannot_be_right(tmp_path, changes, match):
    track = dataclasses.replace(make_track('the clip', [0, 1, 2], [0, 1, 2]), **changes)
    with pytest.raises(PredictionError, match=match):
        written(tmp_path, [track])


def test_refuses_a_clip_twice_and_a_mixture(tmp_path):
    with pytest.raises(PredictionError, match='twice in one split'):
        written(tmp_path, [TRACKS[0], TRACKS[0]])
    with pytest.raises(PredictionError, match='do not mix'):
        written(tmp_path, [TRACKS[0], make_row('c', 0, 0)])


@pytest.mark.parametrize('name,values,match', [
    ('frame', [1, 2, None, 9, 1, 2], 'row 3, column frame: is null.*do not mix'),
    ('frame', [1, 2, 2, 9, 1, 2], 'column frame_numbers'),
    ('label', [1, 0, 2, None, 1, 0], 'row 4, column label: is null'),
    ('label', [1, 0, 2, 7, 1, 0], "'b .x_1'.*label: 7 is outside"),
    ('clip', [None, 'b', 'b', 'b', 'a', 'a'], 'row 1, column clip: is null'),
    ('subject', [None, 'S1', 'S3', 'S1', 'S2', 'S2'], "'b .x_1': column subject differs"),
    ('scores', [[.1, .2, .3]] * 5 + [[.1, .2]], 'row 6, column scores: not 3 numbers'),
    ('scores', [[.1, .2, .3]] * 4 + [[.1, None, .2], [.1, .2, .3]], 'row 5, column scores'),
    ('scores', [[.1, .2, .3]] * 5 + [None], 'row 6, column scores'),
])
def test_reading_names_the_column(tmp_path, name, values, match):
    path = replaced(written(tmp_path), name, values)
    with pytest.raises(PredictionError, match=match) as info:
        read_predictions(path)
    assert str(path) in str(info.value)


def test_a_frame_twice_is_found_on_reading(tmp_path):
    path = replaced(written(tmp_path), 'frame', [1, 2, 2, 9, 1, 2])
    replaced(path, 'frame_numbers', [[1], [2], [2], [9], [1], [2]])
    with pytest.raises(PredictionError, match='frame: 2 occurs twice'):
        read_predictions(path)


def test_refuses_attention_of_frames(tmp_path):
    path = written(tmp_path)
    table = pq.read_table(path)
    for name, kind in (('attention.x', pa.float32()), ('attention_shape.x', pa.int32())):
        table = table.append_column(name, pa.nulls(6, pa.list_(kind)))
    pq.write_table(table, path)
    with pytest.raises(PredictionError, match='attention.x: rows of frames have no attention'):
        read_predictions(path)


@pytest.mark.slow
def test_a_million_rows(tmp_path):
    rng = np.random.default_rng(0)
    frames = 2000
    tracks = tuple(
        FramePredictions(f'clip{i:03d}', 'split1', np.arange(1, frames + 1, dtype=np.int32),
                         rng.integers(0, 7, frames), rng.random((frames, 7), np.float32),
                         f'frames/clip{i:03d}', f'S{i // 2}') for i in range(500))
    path = tmp_path / 'large.parquet'
    metadata = {**make_predictions(()).metadata, 'classes': list('abcdefg')}
    write_predictions(path, Predictions(metadata, (), str(path), tracks))
    read = read_predictions(path)
    assert len(read.labels) == 1_000_000
    np.testing.assert_array_equal(read.tracks[7].scores, tracks[7].scores)
