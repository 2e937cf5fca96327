from collections import Counter

import pytest

from mmfer.corpora.ckplus import KNOWN as CKPLUS
from mmfer.doctor.conventions import CONVENTIONS, exchanged_classes, readings, shifted_codes
from mmfer.labels import CKPLUS_CLASSES, EXPRESSIONS

COUNTS = {name: CKPLUS[name] for name in CKPLUS_CLASSES}


def test_conventions_are_orders_of_expressions():
    assert len(CONVENTIONS) >= 10
    for order in CONVENTIONS.values():
        assert len(set(order)) == len(order) and set(order) <= set(EXPRESSIONS)


def test_the_published_order_is_no_confusion():
    assert exchanged_classes(COUNTS, COUNTS) == []


def test_labels_read_in_another_order():
    # CK+ numbered alphabetically, and read as FAN's code numbers it
    order = CONVENTIONS["FAN's released code, CK+"]
    mixed = {order[index]: COUNTS[name] for index, name in enumerate(CKPLUS_CLASSES)}
    assert exchanged_classes(mixed, COUNTS) == [
        'anger: 18 clips, the published count of contempt',
        'contempt: 28 clips, the published count of sadness',
        'happiness: 45 clips, the published count of anger',
        'sadness: 69 clips, the published count of happiness']


def test_counts_that_tell_nothing():
    assert exchanged_classes({**COUNTS, 'anger': 44}, COUNTS) == []  # merely one missing
    assert exchanged_classes({'anger': 5, 'fear': 5}, {'anger': 5, 'fear': 5}) == []
    assert exchanged_classes({}, {}) == []


@pytest.mark.parametrize(('refused', 'per_class', 'message'), [
    ({'0': 4}, {'happiness': 9, 'fear': 0}, 'one too low'),
    ({'8': 4}, {'happiness': 0, 'fear': 3}, 'one too high'),
    ({'0': 4}, {'happiness': 9, 'fear': 1}, None), ({'9': 1}, {'fear': 0}, None),
    ({}, {'fear': 0}, None),
])
def test_codes_that_start_elsewhere(refused, per_class, message):
    found = shifted_codes('dfew', Counter(refused), per_class)
    assert [message in line for line in found] == ([True] if message else [])


def test_a_corpus_without_codes_has_none_to_shift():
    assert shifted_codes('afew', Counter({'0': 3}), {}) == []


def test_readings_of_numbers():
    lines = readings(Counter({'0': 5, '7': 2}))
    assert lines == ['as AffectNet, eight: 0 neutral (5), 7 contempt (2)']
    assert len(readings(Counter({'0': 5, '3': 1}))) == len(CONVENTIONS)
    assert readings(Counter({'-1': 1})) == readings(Counter({'12': 1})) == []
