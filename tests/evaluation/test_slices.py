from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.annotations import Annotations, make_metainfo, read_annotations, write_annotations
from mmfer.errors import AnnotationError, PredictionError
from mmfer.evaluation.slices import (
    UNKNOWN,
    check_annotations,
    column_values,
    coverage,
    parse_column,
    slice_values,
)

ROWS = [
    dict(clip='a', frames='a', num_frames=10, label=0, subject='s', sex='f', age=31),
    dict(clip='b', frames='b', num_frames=3, frame_numbers=[2, 5, 6], label=1, sex='', age=None),
    dict(clip='c', frames='c', num_frames=2, frame_labels=[0, 1, -1, -1, 0], sex='m', age=7.5),
    dict(clip='d', frames='d', num_frames=0, label=1),
]


@pytest.fixture
def annotations(tmp_path):
    write_annotations(tmp_path / 'a.json', make_metainfo('x', ['p', 'q'], ROWS), ROWS)
    return read_annotations(tmp_path / 'a.json')


class TestColumns:

    def test_values(self, annotations):
        def values(column):
            return column_values(annotations, column)

        assert values('sex') == {'a': 'f', 'b': None, 'c': 'm', 'd': None}
        assert values('age') == {'a': 31, 'b': None, 'c': 7.5, 'd': None}
        assert values('subject') == {'a': 's', 'b': None, 'c': None, 'd': None}
        assert values('clip_length') == {'a': 10, 'b': 3, 'c': 2, 'd': 0}
        assert values('coverage') == {'a': 1, 'b': .5, 'c': .4, 'd': 0}

    def test_own_columns_come_first(self, tmp_path):
        rows = [dict(ROWS[0], coverage=.25)]
        write_annotations(tmp_path / 'a.json', make_metainfo('x', ['p', 'q'], rows), rows)
        assert column_values(read_annotations(tmp_path / 'a.json'), 'coverage') == {'a': .25}

    @pytest.mark.parametrize('column', ['scene', 'label', 'num_frames'])
    def test_unknown_column_names_the_known(self, annotations, column):
        with pytest.raises(AnnotationError,
                           match=f"a.json: no column '{column}'.*age, clip_length, coverage, sex"):
            column_values(annotations, column)

    def test_other_annotation_is_refused(self, annotations):
        check_annotations({'annotation_hash': annotations.hash, 'config_name': 'fan'}, annotations)
        with pytest.raises(PredictionError, match=f'{annotations.hash}.*fan.*hash abc'):
            check_annotations({'annotation_hash': 'abc', 'config_name': 'fan'}, annotations)

    @given(st.integers(1, 50), st.data())
    def test_coverage_is_a_share(self, last, data):
        numbers = sorted(data.draw(st.sets(st.integers(1, last), min_size=1)))
        row = dict(num_frames=len(numbers), frame_numbers=numbers, frame_labels=[0] * last)
        assert coverage(row) == len(numbers) / last


class TestParse:

    def test_edges(self, annotations):
        assert parse_column('sex', annotations) == ('sex', None)
        assert parse_column('age=18,30.5', annotations) == ('age', [18, 30.5])

    def test_a_column_may_be_called_so(self, tmp_path):
        rows = [dict(ROWS[0], **{'k=1': 'x'})]
        write_annotations(tmp_path / 'a.json', make_metainfo('x', ['p', 'q'], rows), rows)
        assert parse_column('k=1', read_annotations(tmp_path / 'a.json')) == ('k=1', None)

    @pytest.mark.parametrize('text', ['age=', 'age=old', 'age=30,18', 'age=1,1', 'age=nan'])
    def test_bad_edges(self, annotations, text):
        with pytest.raises(AnnotationError, match='ascending numbers'):
            parse_column(text, annotations)


class TestSlices:

    def test_text(self):
        slices = slice_values({'a': 'm', 'b': 'f', 'c': None, 'd': 'm'})
        assert slices.names == ('f', 'm', UNKNOWN) and slices.kind == 'values'
        assert slices.of_clip == {'a': 'm', 'b': 'f', 'c': UNKNOWN, 'd': 'm'}

    def test_missing_and_a_value_of_that_name_are_one(self):
        slices = slice_values({'a': 'unknown', 'b': None, 'c': 'm'})
        assert slices.names == ('m', UNKNOWN) and slices.of_clip['a'] == UNKNOWN

    def test_few_numbers_are_values(self):
        slices = slice_values({'a': 10, 'b': 9, 'c': 10})
        assert slices.names == ('9', '10') and slices.kind == 'values'

    def test_quantiles(self):
        slices = slice_values({f'c{i:02d}': i for i in range(1, 13)}, 3)
        assert slices.names == ('1 to 4', '5 to 8', '9 to 12') and slices.kind == 'quantiles'
        assert [slices.of_clip[f'c{i:02d}'] for i in (1, 4, 5, 12)] == [
            '1 to 4', '1 to 4', '5 to 8', '9 to 12']

    def test_edges(self):
        slices = slice_values({'a': 17, 'b': 18, 'c': 44.5, 'd': None}, edges=[18, 30, 40])
        assert slices.names == ('< 18', '18 to < 30', '>= 40', UNKNOWN)
        assert slices.of_clip == {'a': '< 18', 'b': '18 to < 30', 'c': '>= 40', 'd': UNKNOWN}
        with pytest.raises(AnnotationError, match="holds 'old'"):
            slice_values({'a': 1, 'b': 'old'}, edges=[3])

    @given(st.lists(st.one_of(st.integers(-5, 40), st.none()), min_size=1, max_size=60),
           st.integers(1, 6))
    def test_each_clip_is_in_one_slice_and_ranges_do_not_overlap(self, values, quantiles):
        by_clip = {f'c{i}': value for i, value in enumerate(values)}
        slices = slice_values(by_clip, quantiles)
        assert slices.of_clip.keys() == by_clip.keys()
        assert set(slices.of_clip.values()) == set(slices.names)
        spans = []
        for name in slices.names:
            inside = [by_clip[clip] for clip, of in slices.of_clip.items() if of == name]
            if name == UNKNOWN:
                assert inside == [None] * values.count(None)
            else:
                spans.append((min(inside), max(inside)))
        assert all(a[1] < b[0] for a, b in zip(spans, spans[1:]))
        if slices.kind == 'quantiles':
            assert len(spans) <= quantiles

    def test_quantiles_are_equally_large(self):
        values = np.random.default_rng(0).normal(size=1000).tolist()
        slices = slice_values({str(i): value for i, value in enumerate(values)}, 5)
        counts = [list(slices.of_clip.values()).count(name) for name in slices.names]
        assert counts == [200] * 5

    def test_close_values_are_told_apart(self):
        slices = slice_values({str(i): 1 + i * 1e-9 for i in range(12)}, 3)
        assert len(slices.names) == 3
        assert sorted(list(slices.of_clip.values()).count(name) for name in slices.names) == [
            4, 4, 4]


def test_coverage_is_what_the_faces_say():
    row = {'clip': 'a', 'num_frames': 3, 'face_status': 'found*2 interpolated*1 absent*5',
           'coverage': .25}
    assert coverage(row) == .25
    assert coverage({**row, 'coverage': .24999}) == .24999  # as it is written
    del row['coverage']
    assert coverage(row) == 2 / 8
    assert coverage({'clip': 'a', 'num_frames': 3, 'frame_numbers': [1, 2, 4]}) == 3 / 4
    assert coverage({'clip': 'a', 'num_frames': 2, 'coverage': 'high'}) == 1
    rows = [row, {'clip': 'b', 'num_frames': 0}, {'clip': 'c', 'num_frames': 1}]
    annotations = Annotations({}, rows, Path('x'))
    # computed too where the ledger does not know a clip
    assert column_values(annotations, 'coverage') == {'a': 2 / 8, 'b': 0, 'c': 1}
