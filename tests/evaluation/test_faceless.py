import pytest

from mmfer.errors import PredictionError
from mmfer.evaluation.faceless import (
    FacelessClip,
    faceless_clips,
    faceless_problem,
    faceless_records,
)


def test_records_and_back():
    clips = (FacelessClip('b', 's1', 2), FacelessClip('a', 's1', 0, 'jörg'))
    records = faceless_records(clips)
    assert records[0] == {'clip': 'a', 'split': 's1', 'label': 0, 'subject': 'jörg'}
    assert set(faceless_clips('x', records)) == set(clips)


@pytest.mark.parametrize('records', [
    None, {}, ['a'], [{}], [{'clip': 'a', 'split': 's', 'label': 0}],
    [{'clip': 'a', 'split': 's', 'label': '0', 'subject': None}],
    [{'clip': 'a', 'split': 's', 'label': True, 'subject': None}],
    [{'clip': 1, 'split': 's', 'label': 0, 'subject': None}],
    [{'clip': 'a', 'split': 's', 'label': 0, 'subject': None, 'more': 1}],
])
def test_malformed_records_are_refused(records):
    with pytest.raises(PredictionError, match='x.parquet: metadata "faceless"'):
        faceless_clips('x.parquet', records)


@pytest.mark.parametrize('clips,words', [
    ([FacelessClip('', 's', 0)], 'id is empty'), ([FacelessClip('a', 's', 3)], 'outside 0..2'),
    ([FacelessClip('a', 's', -1)], 'outside 0..2'), ([FacelessClip('b', 's', 0)], 'answer too'),
    ([FacelessClip('a', 's', 0)] * 2, 'occurs twice'),
])
def test_problems(clips, words):
    assert words in faceless_problem(clips, {('s', 'b')}, 3)


def test_no_problem():
    clips = [FacelessClip('a', 's', 0), FacelessClip('a', 't', 0)]
    assert faceless_problem(clips, {('u', 'a')}, 3) is None
