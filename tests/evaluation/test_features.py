import numpy as np
import pyarrow.parquet as pq
import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.features import Features, read_features, write_features

METADATA = {'classes': ['anger', 'fear'], 'level': 'video', 'split': 'fold1', 'seed': 3}


def make(level='video', **changes):
    fields = dict(
        metadata={**METADATA, 'level': level}, clips=('b', 'a', 'a'),
        subjects=('S1', None, None), splits=('fold1', 'fold1', 'fold2'),
        labels=np.array([1, 0, 0]), values=np.arange(6, dtype=np.float32).reshape(3, 2),
        frames=np.array([5, 7, 2]) if level == 'frame' else None)
    return Features(**{**fields, **changes})


@pytest.mark.parametrize('suffix', ['parquet', 'npz'])
@pytest.mark.parametrize('level', ['video', 'frame'])
def test_what_is_written_is_read_sorted(tmp_path, suffix, level):
    path = tmp_path / f'f.{suffix}'
    write_features(path, make(level))
    found = read_features(path)
    assert found.clips == ('a', 'b', 'a') and found.splits == ('fold1', 'fold1', 'fold2')
    assert found.subjects == (None, 'S1', None)
    assert found.labels.tolist() == [0, 1, 0]
    assert found.values.tolist() == [[2, 3], [0, 1], [4, 5]]
    assert found.values.dtype == np.float32
    assert found.metadata['seed'] == 3 and found.metadata['checkpoint'] is None
    assert found.classes == ('anger', 'fear')
    if level == 'frame':
        assert found.frames.tolist() == [7, 5, 2]
    else:
        assert found.frames is None
    assert [p.name for p in tmp_path.iterdir()] == [path.name]  # no temporary file is left


def test_parquet_has_the_documented_columns(tmp_path):
    write_features(tmp_path / 'f.parquet', make())
    table = pq.read_table(tmp_path / 'f.parquet')
    assert table.column_names == ['clip', 'subject', 'split', 'label', 'frame', 'features']
    assert table['frame'].to_pylist() == [None] * 3


def test_npz_needs_no_pickle(tmp_path):
    write_features(tmp_path / 'f.npz', make())
    with np.load(tmp_path / 'f.npz', allow_pickle=False) as archive:
        assert {archive[name].dtype.kind for name in archive.files} <= set('Uif')


@pytest.mark.parametrize('changes, message', [
    (dict(values=np.zeros((2, 2), np.float32)), 'for 3 rows'),
    (dict(values=np.full((3, 2), np.nan, np.float32)), 'not finite'),
    (dict(labels=np.array([0, 2, 0])), "'b'.*label|label 2 is outside 0..1"),
    (dict(labels=np.array([0, -1, 0])), r'label -1 is outside 0\.\.1'),
    (dict(splits=('fold1', ) * 3), "'a' occurs twice"),
    (dict(frames=np.array([1, 2, 3])), '"level"'),
    (dict(metadata={**METADATA, 'classes': []}), 'classes'),
    (dict(clips=(), subjects=(), splits=(), labels=np.zeros(0), values=np.zeros((0, 2))),
     'no rows'),
])
def test_bad_content_is_refused(tmp_path, changes, message):
    with pytest.raises(PredictionError, match=message):
        write_features(tmp_path / 'f.parquet', make(**changes))
    assert not list(tmp_path.iterdir())


def test_frames_without_a_label_are_allowed(tmp_path):
    write_features(tmp_path / 'f.npz', make('frame', labels=np.array([0, -1, 0])))
    assert read_features(tmp_path / 'f.npz').labels.tolist() == [-1, 0, 0]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(PredictionError, match='no such file'):
        read_features(tmp_path / 'f.npz')
    with pytest.raises(PredictionError, match=r'\*.parquet or \*.npz'):
        read_features(tmp_path / 'f.pkl')
    for name in ('f.npz', 'f.parquet'):
        (tmp_path / name).write_bytes(b'PK\x03\x04 nothing')
        with pytest.raises(PredictionError, match='not a readable features file'):
            read_features(tmp_path / name)
    np.savez(tmp_path / 'g.npz', clip=np.array(['a']))
    with pytest.raises(PredictionError, match='is missing'):
        read_features(tmp_path / 'g.npz')
    from mmfer.evaluation import write_predictions
    from mmfer.testing.predictions import make_predictions, make_row
    write_predictions(tmp_path / 'p.parquet', make_predictions([make_row('a', 0, 0)]))
    with pytest.raises(PredictionError, match='metadata of features'):
        read_features(tmp_path / 'p.parquet')
