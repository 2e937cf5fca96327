"""What is shown of a person at each frame."""
import numpy as np
import pytest

from mmfer.apis.answers import Answer
from mmfer.apis.curves import attention_curve, deciding_frames, nearest_answer, relative_attention
from mmfer.apis.people import Person
from mmfer.apis.stays import Stay
from mmfer.apis.timeline import window_timeline

STAY = Stay(1, 0, np.arange(1, 11), np.arange(10) / 10, ('found', ) * 10, {})


def answer(frames, weights=None, **fields):
    attention = {} if weights is None else dict(frame_weights=np.array(weights, np.float32))
    return Answer(np.array([.3, .7], np.float32), 'b', np.array(frames), (1, len(frames)),
                  attention, **fields)


def person(answers):
    spans = np.array([[0, 5], [3, 8], [5, 10]])
    return Person(STAY, 1., 10, answer([1]), window_timeline(
        STAY, spans, [(tuple(span), one) for span, one in zip(spans.tolist(), answers)
                      if one is not None], 2))


def test_the_nearest_middle_is_shown():
    full = person([answer([1]), answer([4]), answer([6])])
    # middles are at .2, .5 and .7 s
    assert nearest_answer(full).tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 2, 2]
    gap = person([answer([1]), None, answer([6])])
    assert nearest_answer(gap).tolist() == [0, 0, 0, 0, -1, -1, 2, 2, 2, 2]
    assert nearest_answer(Person(STAY, 0., 0)).tolist() == [-1] * 10


def test_attention_is_that_of_the_nearest_sampled_frame():
    full = person([answer([2, 4], [.25, .75]), answer([4, 8], [.5, .5]), None])
    np.testing.assert_allclose(attention_curve(full), [.5, .5, .5, 1.5, 1, 1, *[np.nan] * 4])
    assert attention_curve(person([answer([1]), None, None])) is None


def test_a_frame_that_was_sampled_twice():
    numbers, weights = relative_attention(answer([5, 2, 5, 9], [.1, .2, .3, .4]))
    assert numbers.tolist() == [2, 5, 9]
    np.testing.assert_allclose(weights, [.8, .8, 1.6], rtol=1e-6)


def test_frames_that_do_not_count_have_no_part_in_the_even_share():
    """Without a face on every second of ten frames, the others' weights are the same."""
    counted = np.arange(10) % 2 == 0
    masked = answer(range(1, 11), counted / 5, counted=counted)
    numbers, weights = relative_attention(masked)
    assert numbers.tolist() == list(range(1, 11))
    np.testing.assert_allclose(weights, counted, rtol=1e-6)
    curve = attention_curve(person([masked, None, None]))
    np.testing.assert_allclose(curve[:4], [1, 0, 1, 0], rtol=1e-6)
    numbers, texts, _ = deciding_frames(masked)
    assert numbers.tolist() == [1, 3, 5, 7, 9] and set(texts) == {'attention × 1.00'}


def test_frames_that_decided():
    numbers, texts, title = deciding_frames(answer([1, 2, 3, 4], [.1, .4, .3, .2]), most=2)
    assert numbers.tolist() == [2, 3] and texts == ['attention × 1.60', 'attention × 1.20']
    assert 'attention' in title
    scores = np.array([[.9, .1], [.2, .8], [.3, .7]], np.float32)
    numbers, texts, title = deciding_frames(answer([1, 2, 3], frame_probabilities=scores), most=1)
    assert numbers.tolist() == [2] and texts == ['probability 0.800'] and 'surest of b' in title
    numbers, texts, title = deciding_frames(answer([1, 1, 2, 3, 4, 5]), most=3)
    assert numbers.tolist() == [1, 3, 5] and texts == ['', '', ''] and 'weighs none' in title


@pytest.mark.parametrize('most', [1, 8])
def test_never_more_than_there_are(most):
    assert len(deciding_frames(answer([1, 2]), most)[0]) <= min(most, 2)
