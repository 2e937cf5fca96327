import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from mmfer.cli.live_outputs import answer_line, open_record
from mmfer.structures import FRAME_WEIGHTS

from .live_frames import CLASSES, make_answer, make_live


def test_a_line_of_json():
    line = answer_line(make_answer(), 0.28, CLASSES)
    assert '\n' not in line
    found = json.loads(line)
    assert found.pop('probabilities') == pytest.approx(dict(zip(CLASSES, (.2, .5, .3))))
    assert found == dict(
        frame=7, time_s=.28, id=1, seen=True, coverage=.75, label=CLASSES[1], frames=[5, 6, 7],
        num_clips=1, attention={FRAME_WEIGHTS: [.25, .25, .5]})


def test_of_a_model_that_answers_per_frame_the_line_is_of_the_newest():
    answer = make_answer()
    now = np.array((.1, .1, .8), np.float32)
    found = json.loads(answer_line(replace(answer, now=now, label=CLASSES[2]), .28, CLASSES))
    assert found['label'] == CLASSES[2]
    assert list(found['probabilities'].values()) == pytest.approx([.1, .1, .8])


def test_a_record_has_a_row_for_each_answer(tmp_path):
    path = tmp_path / 'made' / 'answers.csv'
    with open_record(path, CLASSES) as record:
        record.write(make_live(make_answer(1), make_answer(2, scores=(.9, .05, .05))))
        record.write(make_live(number=8))
        record.write(make_live(make_answer(1, 9), number=9))
        assert not path.exists() and record.rows == 3
    with open(path, encoding='utf-8', newline='') as file:
        rows = list(csv.reader(file))
    assert rows == [
        ['frame', 'time_s', 'id', 'seen', 'coverage', 'label', *CLASSES],
        ['7', '0.28', '1', '1', '0.75', CLASSES[1], '0.2', '0.5', '0.3'],
        ['7', '0.28', '2', '1', '0.75', 'anger', '0.9', '0.05', '0.05'],
        ['9', '0.36', '1', '1', '0.75', CLASSES[1], '0.2', '0.5', '0.3']]


def test_a_defect_leaves_the_old_record(tmp_path):
    path = tmp_path / 'answers.csv'
    path.write_text('old')
    with pytest.raises(KeyError), open_record(path, CLASSES) as record:
        record.write(make_live(make_answer()))
        raise KeyError('defect')
    assert path.read_text() == 'old' and [*tmp_path.iterdir()] == [path]
