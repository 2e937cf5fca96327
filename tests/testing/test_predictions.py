import numpy as np
import pytest

from mmfer.evaluation.predictions import METADATA_KEYS, read_predictions, write_predictions
from mmfer.testing.predictions import make_predictions, make_row


@pytest.mark.parametrize(('predicted', 'classes'), [(0, 3), (2, 3), (6, 7)])
def test_the_chosen_class_has_the_highest_score(predicted, classes):
    row = make_row('a', 1, predicted, num_classes=classes)
    assert (row.clip, row.label, len(row.scores)) == ('a', 1, classes)
    others = np.delete(row.scores, predicted)
    assert (others < row.scores[predicted]).all()


def test_given_fields_replace_the_plain_ones():
    row = make_row('a', 0, 0, split='fold2', subject='S1', frame_numbers=np.array([2, 5], np.int32))
    assert (row.split, row.subject, row.frames) == ('fold2', 'S1', 'a')
    assert row.frame_numbers.tolist() == [2, 5]
    made = make_predictions([row], path='b.parquet', seed=4)
    assert (made.metadata['seed'], made.path) == (4, 'b.parquet')
    assert set(made.metadata) >= set(METADATA_KEYS)


def test_they_are_a_valid_file(tmp_path):
    path = tmp_path / 'p.parquet'
    made = make_predictions([make_row('a', 0, 2), make_row('b', 1, 1)])
    write_predictions(path, made)
    read = read_predictions(path)
    assert [(row.clip, row.label, int(row.scores.argmax())) for row in read.rows] == [
        ('a', 0, 2), ('b', 1, 1)]
    assert {name: read.metadata[name] for name in made.metadata} == made.metadata
