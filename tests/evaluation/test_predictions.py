import dataclasses
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import FacelessClip
from mmfer.evaluation.predictions import find_predictions, read_predictions, write_predictions
from mmfer.testing.predictions import make_predictions, make_row, make_track

ROWS = (
    make_row('b $x_1', 0, 1, subject='S1', apex=(3, 4), attention={
        'frame_weights': np.array([.1, .2, .3, .4], np.float32),
        'spatial_maps': np.random.default_rng(0).random((4, 2, 3, 3), np.float32)}),
    make_row('a 表情', 2, 2, filename_tmpl=None, start_index=0, frames='video ü.mp4',
             frame_numbers=np.array([1, 1, 7], np.int32)),
)


def written(tmp_path, rows=ROWS, **metadata):
    path = tmp_path / 'predictions.parquet'
    write_predictions(path, make_predictions(rows, **metadata))
    return path


def rewritten(path, **columns):
    """The file with columns replaced, or removed where the value is None."""
    table = pq.read_table(path)
    for name, column in columns.items():
        index = table.column_names.index(name) if name in table.column_names else None
        if column is None:
            table = table.remove_column(index)
        elif index is None:
            table = table.append_column(name, column)
        else:
            table = table.set_column(index, name, column)
    pq.write_table(table, path)
    return path


def test_round_trip(tmp_path):
    read = read_predictions(written(tmp_path, checkpoint='x.pth'))
    assert [row.clip for row in read.rows] == ['a 表情', 'b $x_1']  # sorted
    assert read.classes == ('anger', 'fear', 'happiness')
    assert read.metadata['checkpoint'] == 'x.pth'
    assert read.labels.tolist() == [2, 0]
    assert read.predicted.tolist() == [2, 1]
    for found, given in zip(read.rows, ROWS[::-1]):
        for field in dataclasses.fields(given):
            a, b = getattr(found, field.name), getattr(given, field.name)
            if field.name == 'attention':
                assert a.keys() == b.keys()
                for name in a:
                    assert a[name].dtype == np.float32
                    np.testing.assert_array_equal(a[name], b[name], strict=True)
            elif isinstance(b, np.ndarray):
                np.testing.assert_array_equal(a, b, strict=True)
            else:
                assert a == b


def test_equal_content_gives_equal_bytes(tmp_path):
    first = written(tmp_path / '1').read_bytes()
    assert first == written(tmp_path / '2', rows=ROWS[::-1]).read_bytes()


def test_failed_write_leaves_the_old_file(tmp_path):
    path = written(tmp_path)
    before = path.read_bytes()
    with pytest.raises(PredictionError, match='outside 0..2'):
        written(tmp_path, rows=[make_row('a', 3, 0)])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('changes,match', [
    ({'label': 3}, 'label: 3 is outside 0..2'),
    ({'label': -1}, 'label: -1'),
    ({'scores': np.zeros(2, np.float32)}, 'scores: 2 scores for 3 classes'),
    ({'scores': np.array([0, np.nan, 0], np.float32)}, 'scores: not finite'),
    ({'frame_numbers': np.array([], np.int32)}, 'frame_numbers'),
    ({'frame_numbers': np.array([0, 1], np.int32)}, 'frame_numbers'),
    ({'apex': (3, 2)}, 'apex'),
    ({'attention': {'frame_weights': np.ones(3, np.float32)}}, r'frame_weights: shape \[3\]'),
    ({'attention': {'frame_weights': np.zeros(4, np.float32)}}, 'frame_weights: negative'),
    ({'attention': {'clip_scores': np.array([np.inf], np.float32)}}, 'clip_scores: not finite'),
    ({'attention': {'clip_scores': np.ones(3, np.float32)}}, r'clip_scores: shape \[3\] for 4'),
    ({'attention': {'clip_scores': np.zeros(2, np.float32)}}, 'clip_scores: negative'),
    ({'clip': ''}, 'clip: is empty'),
])
def test_refuses_rows_that_cannot_be_right(tmp_path, changes, match):
    row = dataclasses.replace(make_row('the clip', 0, 0), **changes)
    with pytest.raises(PredictionError, match=match) as info:
        written(tmp_path, rows=[row])
    assert 'predictions.parquet' in str(info.value)


@pytest.mark.parametrize('metadata,match', [
    ({'classes': []}, 'classes'), ({'classes': ['a', 'a', 'b']}, 'distinct'),
    ({'classes': None}, 'classes'), ({'classes': [1, 2, 3]}, 'classes'),
])
def test_refuses_metadata_without_classes(tmp_path, metadata, match):
    with pytest.raises(PredictionError, match=match):
        written(tmp_path, **metadata)


def test_refuses_a_clip_twice(tmp_path):
    with pytest.raises(PredictionError, match="'a'.*twice"):
        written(tmp_path, rows=[make_row('a', 0, 0), make_row('a', 0, 1)])
    # but several random splits may test the same clip
    written(tmp_path, rows=[make_row('a', 0, 0), make_row('a', 0, 1, split='fold2')])


def test_refuses_an_empty_file(tmp_path):
    with pytest.raises(PredictionError, match='no rows'):
        written(tmp_path, rows=[])


@pytest.mark.parametrize('columns,match', [
    ({'label': None}, 'column label is missing'),
    ({'label': pa.array(['0', '1'])}, 'column label holds string'),
    ({'label': pa.array([0, None])}, 'row 2, column label: is null'),
    ({'scores': pa.array([[1, 2], [2, 3]])}, 'column scores holds list'),
    ({'scores': pa.array([[1, 2, None]] * 2, pa.list_(pa.float32()))}, 'row 1: a null'),
    ({'apex': pa.array([[1], None], pa.list_(pa.int32()))}, 'row 1, column apex'),
    ({'attention_shape.frame_weights': None}, 'column attention_shape.frame_weights is missing'),
    ({'attention_shape.frame_weights': pa.array([None, [5]], pa.list_(pa.int32()))},
     r'row 2, column attention_shape.frame_weights: \[5\]'),
    ({'attention_shape.frame_weights': pa.array([None, None], pa.list_(pa.int32()))},
     'values without a shape'),
    ({'surprise': pa.array([1, 2])}, 'unknown column surprise'),
])
def test_reading_names_the_column(tmp_path, columns, match):
    path = rewritten(written(tmp_path), **columns)
    with pytest.raises(PredictionError, match=match) as info:
        read_predictions(path)
    assert str(path) in str(info.value)


def test_reading_checks_content(tmp_path):
    path = rewritten(written(tmp_path), label=pa.array([0, 9]))
    with pytest.raises(PredictionError, match='label: 9 is outside'):
        read_predictions(path)


def test_refuses_what_is_no_predictions_file(tmp_path):
    with pytest.raises(PredictionError, match='no such file'):
        read_predictions(tmp_path / 'absent.parquet')
    path = written(tmp_path)
    whole = path.read_bytes()
    for part in (b'', whole[:-20], b'\x80\x04N.'):
        path.write_bytes(part)
        with pytest.raises(PredictionError, match='not a readable Parquet file'):
            read_predictions(path)
    pq.write_table(pa.table({'clip': ['a']}), path)
    with pytest.raises(PredictionError, match='without the metadata'):
        read_predictions(path)


@pytest.mark.parametrize('text,match', [
    ('{', 'not JSON'), (json.dumps({'version': 99}), 'version 99'), ('[]', 'version'),
    (json.dumps({'version': 1}), 'lacks classes'),
])
def test_refuses_other_metadata(tmp_path, text, match):
    path = written(tmp_path)
    pq.write_table(pq.read_table(path).replace_schema_metadata({'mmfer': text}), path)
    with pytest.raises(PredictionError, match=match):
        read_predictions(path)


class TestFind:

    def test_files_and_folders(self, tmp_path):
        below = [tmp_path / 'run' / f'fold{i}' / 'predictions.parquet' for i in (2, 1)]
        other = tmp_path / 'other.parquet'
        for path in (*below, other):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        assert find_predictions([other, tmp_path / 'run']) == [other, below[1], below[0]]

    def test_refuses_absent_empty_and_twice(self, tmp_path):
        with pytest.raises(PredictionError, match='no such file or folder'):
            find_predictions([tmp_path / 'absent'])
        with pytest.raises(PredictionError, match='no predictions.parquet'):
            find_predictions([tmp_path])
        path = tmp_path / 'predictions.parquet'
        path.touch()
        with pytest.raises(PredictionError, match='twice'):
            find_predictions([tmp_path, path])


def test_reads_version_1_which_has_no_frames(tmp_path):
    path = written(tmp_path)
    table = pq.read_table(path)
    assert table['frame'].null_count == 2
    metadata = json.loads(table.schema.metadata[b'mmfer'])
    assert metadata['version'] == 3 and metadata.pop('faceless') == []
    old = table.remove_column(table.column_names.index('frame')).replace_schema_metadata(
        {'mmfer': json.dumps({**metadata, 'version': 1})})
    pq.write_table(old, path)
    read = read_predictions(path)
    assert [row.clip for row in read.rows] == ['a 表情', 'b $x_1'] and read.tracks == ()
    write_predictions(path, read)
    assert pq.read_table(path).equals(table)


def test_clips_without_a_face_are_kept(tmp_path):
    path = tmp_path / 'p.parquet'
    faceless = (FacelessClip('a', 'fold1', 0), FacelessClip('b', 'fold1', 2, 'ö'))
    made = make_predictions([make_row('c', 0, 1)], faceless=faceless[::-1])
    write_predictions(path, made)
    found = read_predictions(path)
    assert found.faceless == faceless and 'faceless' not in found.metadata
    write_predictions(tmp_path / 'again.parquet', found)
    assert path.read_bytes() == (tmp_path / 'again.parquet').read_bytes()
    tracks = make_predictions([make_track('c', [0], [0])], faceless=faceless)
    write_predictions(path, tracks)
    assert read_predictions(path).faceless == faceless


def test_reads_version_2_which_names_no_clips_without_a_face(tmp_path):
    path = written(tmp_path)
    table = pq.read_table(path)
    metadata = json.loads(table.schema.metadata[b'mmfer'])
    del metadata['faceless']
    pq.write_table(table.replace_schema_metadata(
        {'mmfer': json.dumps({**metadata, 'version': 2})}), path)
    assert read_predictions(path).faceless == ()


@pytest.mark.parametrize('faceless,words', [
    ([FacelessClip('c', 'fold1', 0)], "clip 'c' of split 'fold1': it has an answer too"),
    ([FacelessClip('a', 'fold1', 9)], 'label 9 is outside'),
])
def test_refuses_impossible_clips_without_a_face(tmp_path, faceless, words):
    with pytest.raises(PredictionError, match=f'p.parquet: .*{words}'):
        write_predictions(tmp_path / 'p.parquet',
                          make_predictions([make_row('c', 0, 1)], faceless=faceless))
