import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.annotations import Annotations, make_metainfo
from mmfer.protocols.fit import FitScreen
from mmfer.protocols.leaks import (
    carving_faults,
    clip_faults,
    media_faults,
    row_faults,
    subject_faults,
)

PARTS = ('train', 'selection', 'test')
VALUE = st.sampled_from([1, '1', 2, 2.5, None, 'x'])
ROW = st.fixed_dictionaries(
    {'frames': st.sampled_from(['f1', 'f2', 'f3', 'f4', './f1', 'f1/', 'f2//', 'a/./b', 'a/b'])},
    optional={'label': st.just(0), 'subject': st.sampled_from(['s1', 's2', 's3']), 'site': VALUE,
              'frame_labels': st.sampled_from([[-1], [0]]), 'apex': st.just([1, 1])})


def annotate(rows):
    named = [{'clip': f'c{index}', 'num_frames': 1, **row} for index, row in enumerate(rows)]
    return Annotations(make_metainfo('x', ['a'], named), named, 'annotations.json')


@settings(max_examples=120, deadline=None)
@given(st.lists(ROW, min_size=2, max_size=5), st.data())
def test_what_fits_breaks_no_rule(rows, data):
    annotations = annotate(rows)
    parts = {part: [] for part in PARTS}
    for index in [*range(len(rows)), *data.draw(st.lists(st.integers(0, len(rows)), max_size=1))]:
        parts[data.draw(st.sampled_from(PARTS))].append(f'c{index}')
    by = data.draw(st.sampled_from(['site', 'subject', 'num_frames', 'apex', 'nowhere']))
    screen = FitScreen(annotations)
    if screen.fits(parts, [('frames', PARTS)]):
        assert all('no clip in' in fault for fault in clip_faults(parts))
        assert not [*row_faults(parts, annotations), *media_faults(parts, annotations)]
        if screen.fits(parts, [('subject', PARTS)]):
            assert not list(subject_faults(parts, annotations))
        if screen.fits(parts, [(by, PARTS[:2])]):
            assert not list(carving_faults(parts, annotations, by))


ROWS = [{'frames': f'f{index}', 'label': 0, 'subject': f's{index // 2}', 'site': index // 2}
        for index in range(6)]
GOOD = {'train': ['c0', 'c1'], 'selection': ['c2', 'c3'], 'test': ['c4', 'c5']}
APART = [('frames', PARTS), ('subject', PARTS), ('site', PARTS[:2])]


def test_a_good_split_is_found_good_at_once():
    assert FitScreen(annotate(ROWS)).fits(GOOD, APART)
    assert FitScreen(annotate(ROWS)).fits({**GOOD, 'selection': []}, APART)


@pytest.mark.parametrize(('index', 'fields'), [
    (0, {'frames': 'f5'}), (0, {'frames': './f0'}), (4, {'subject': 's0'}), (2, {'site': 0}),
    (2, {'site': '0'}), (2, {'site': None})])
def test_doubt(index, fields):
    rows = [dict(row) for row in ROWS]
    rows[index].update(fields)
    assert FitScreen(annotate(rows)).fits(GOOD, APART) == (fields == {'site': None})


@pytest.mark.parametrize('field', ['label', 'subject', 'site'])
def test_clips_lack_nothing(field):
    rows = [{key: value for key, value in row.items() if key != field or index}
            for index, row in enumerate(ROWS)]
    assert not FitScreen(annotate(rows)).fits(GOOD, APART)
    for test in (['c9'], ['c4', 'c4'], ['c4', 'c1'], ['\ud800']):
        assert not FitScreen(annotate(ROWS)).fits({**GOOD, 'test': test}, [])
