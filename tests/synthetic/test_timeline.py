import numpy as np
import pytest

from mmfer.synthetic.timeline import timeline


def test_hand_counted():
    # 3s^2 - 2s^3 at s = 1/4, 1/2, 3/4
    expected = [0, 0, .15625, .5, .84375, 1, 1, .5, 0]
    np.testing.assert_allclose(timeline(9, onset=2, apex=(6, 7), offset=9), expected)


def test_neutral_to_peak_holds_to_the_end():
    values = timeline(10, onset=3, apex=(8, 10))
    assert values[:3].tolist() == [0, 0, 0] and values[7:].tolist() == [1, 1, 1]
    assert (np.diff(values) >= 0).all()


def test_shortest():
    assert timeline(2, onset=1, apex=(2, 2)).tolist() == [0, 1]


def test_offset_beyond_the_end():
    assert 0 < timeline(5, onset=1, apex=(3, 4), offset=8)[-1] < 1


@pytest.mark.parametrize(('onset', 'apex', 'offset'), [
    (-1, (2, 3), None), (2, (2, 3), None), (1, (3, 2), None), (1, (2, 9), None), (1, (2, 3), 3)])
def test_bad_order(onset, apex, offset):
    with pytest.raises(ValueError, match='must follow'):
        timeline(5, onset, apex, offset)
