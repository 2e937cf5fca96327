"""Results as JSON and CSV."""
import csv
import json

import numpy as np
import pytest

from mmfer.apis import Answer, Person, Stay, VideoAnalysis
from mmfer.apis.timeline import frame_timeline, window_timeline
from mmfer.cli.analysis_tables import person_json, timeline_json, write_timeline_csv
from mmfer.jsonfile import write_json

CLASSES = ('anger', 'joy, or "delight"')
STAY = Stay(2, 1, np.arange(5, 9), np.array([.16, .2, .24, .28]),
            ('found', 'found', 'absent', 'tracked'), {})
ANSWER = Answer(np.array([.25, .75], np.float32), CLASSES[1], np.array([5, 8]), (2, 1), dict(
    frame_weights=np.array([.125, .875], np.float32),
    spatial_maps=np.ones((2, 1, 2, 2), np.float32)))


def analysis(timeline):
    person = Person(STAY, .75, 3, ANSWER, timeline)
    return VideoAnalysis('a.mp4', CLASSES, np.arange(1, 11), np.arange(10) / 25, (person, )), person


WINDOWS = window_timeline(STAY, np.array([[0, 2], [2, 4]]), [((0, 2), ANSWER)], 2)
SCORES = np.array([[.9, .1], [.2, .8]], np.float32)
FRAMES = frame_timeline(STAY, Answer(SCORES.mean(0), CLASSES[0], np.array([5, 8]), (1, 2), {},
                                     SCORES))


def rows_of(tmp_path, timeline):
    write_timeline_csv(tmp_path / 'a.csv', *analysis(timeline))
    with open(tmp_path / 'a.csv', newline='', encoding='utf-8') as f:
        return list(csv.DictReader(f))


def test_windows_as_csv(tmp_path):
    first, second = rows_of(tmp_path, WINDOWS)
    assert first == {
        'time_s': '0.1800', 'start_s': '0.1600', 'end_s': '0.2000', 'first_frame': '5',
        'last_frame': '6', 'coverage': '1.0000', 'label': CLASSES[1], 'anger': '0.25',
        CLASSES[1]: '0.75', 'frames': '5 8', 'frame_weights': '0.125 0.875'}
    assert second['coverage'] == '0.5000' and second['first_frame'] == '7'
    assert all(second[name] == '' for name in ('label', *CLASSES, 'frames', 'frame_weights'))


def test_frames_as_csv(tmp_path):
    rows = rows_of(tmp_path, FRAMES)
    assert [row['first_frame'] for row in rows] == ['5', '6', '7', '8']
    assert [row['label'] for row in rows] == ['anger', '', '', CLASSES[1]]
    assert [row['anger'] for row in rows] == ['0.9', '', '', '0.2']
    assert 'frames' not in rows[0]


@pytest.mark.parametrize('timeline', [WINDOWS, FRAMES])
def test_json_says_the_same(tmp_path, timeline):
    write_json(tmp_path / 'a.json', timeline_json(*analysis(timeline)))
    read = json.loads((tmp_path / 'a.json').read_text(encoding='utf-8'))
    assert (read['video'], read['person'], read['kind']) == ('a.mp4', 2, timeline.kind)
    assert read['classes'] == list(CLASSES) and len(read['entries']) == len(timeline)
    for place, entry in enumerate(read['entries']):
        assert entry['time_s'] == pytest.approx(timeline.time_s[place])
        assert entry['coverage'] == pytest.approx(timeline.coverage[place])
        assert (entry['answer'] is None) == (not timeline.answered[place])
        if entry['answer'] is not None:
            assert list(entry['answer']['probabilities'].values()) == pytest.approx(
                timeline.probabilities[place].tolist())
    if timeline is WINDOWS:
        answer = read['entries'][0]['answer']
        assert answer['frames'] == [5, 8] and answer['num_clips'] == 2
        assert answer['attention'] == {'frame_weights': [.125, .875]}


def test_a_person_as_json():
    _, person = analysis(WINDOWS)
    content = json.loads(json.dumps(person_json(person, CLASSES), allow_nan=False))
    assert content['id'] == 2 and content['shot'] == 1 and content['crops'] == 3
    assert content['face_status'] == 'found*2 absent*1 tracked*1'
    assert (content['first_frame'], content['last_frame'], content['coverage']) == (5, 8, .75)
    assert content['answer']['label'] == CLASSES[1]
    # maps are many numbers, and are in no file
    assert list(content['answer']['attention']) == ['frame_weights']
    silent = person_json(Person(STAY, .75, 3), CLASSES)
    assert silent['answer'] is None
