from functools import partial

import numpy as np
import pytest
import torch

from mmfer.explain.answers import probabilities
from mmfer.explain.faithfulness import (
    frame_faithfulness,
    kept_counts,
    kept_frames,
    region_faithfulness,
)
from mmfer.testing.recognizers import make_recognizer, make_video

LOW, HIGH = .1, .9


class AllShifts:
    """In the place of a generator: draws every cyclic shift of an order in turn.

    Each is drawn ``repeat`` times in a row, once for each frame.
    """

    def __init__(self, repeat=1):
        self.draw, self.repeat = 0, repeat

    def permutation(self, count):
        self.draw += 1
        return np.roll(np.arange(count), (self.draw - 1) // self.repeat)

    def random(self, count):
        return np.arange(count) / count


def depends_on(wanted, where=...):
    """A model whose answer depends on whether the content ``wanted`` is seen ``where``."""

    def answer(batch):
        seen = batch.frames[batch.gather].split(list(batch.lengths))
        found = [bool((frames[where] == wanted).flatten(1).all(1).any()) for frames in seen]
        high = np.where(found, HIGH, LOW)
        return np.stack([1 - high, high], 1)

    return answer


def test_kept_counts():
    assert kept_counts(5, 0).tolist() == [5, 4, 3, 2, 1, 0]
    assert kept_counts(5, 1).tolist() == [5, 4, 3, 2, 1]
    assert kept_counts(9, 0, 3).tolist() == [9, 6, 3, 0]
    assert kept_counts(4, 0, 8).tolist() == [4, 3, 2, 1, 0]


def test_kept_frames():
    kept = kept_frames([2, 0, 1], [3, 2, 1, 0])
    assert kept.astype(int).tolist() == [[1, 1, 1], [1, 1, 0], [0, 1, 0], [0, 0, 0]]


class TestOneFrameDecides:
    """Frame 2 of five decides; it is sampled twice."""

    gather = [0, 2, 1, 3, 2, 4]
    numbers = [1, 5, 3, 7, 5, 9]

    def run(self, weights, fill='mean', draws=5):
        inputs = make_video(5, self.gather)
        return frame_faithfulness(inputs, weights, self.numbers, depends_on(inputs.frames[2]), 1,
                                  AllShifts(), fill, draws)

    def test_ideal_weights(self):
        found = self.run([.1, .3, .1, .1, .3, .1])
        assert found.deletion.tolist() == [HIGH] + [LOW] * 5
        assert found.insertion.tolist() == [LOW] + [HIGH] * 5
        assert found.areas['deletion'] == pytest.approx(LOW + (HIGH - LOW) / 10)
        assert found.areas['insertion'] == pytest.approx(HIGH - (HIGH - LOW) / 10)

    def test_weights_of_equal_frames_are_summed(self):
        # each entry of frame 2 is lighter than that of frame 0, both together are heavier
        found = self.run([.25, .2, .15, .1, .2, .1])
        assert found.deletion.tolist() == [HIGH] + [LOW] * 5

    def test_worst_weights(self):
        found = self.run([.3, 0, .3, .2, 0, .2])
        assert found.deletion.tolist() == [HIGH] * 5 + [LOW]
        assert found.insertion.tolist() == [LOW] * 5 + [HIGH]

    def test_random_order_is_chance(self):
        # over all shifts the frame is kept in j of 5 draws when j frames are kept
        found = self.run([1 / 6] * 6)
        np.testing.assert_allclose(found.random, LOW + (HIGH - LOW) * np.arange(5, -1, -1) / 5)
        assert found.areas['random'] == pytest.approx((LOW + HIGH) / 2)

    def test_uniform_order(self):
        # frame numbers 1, 3, 5, 7, 9: the middle one goes first
        found = self.run([1 / 6] * 6)
        assert found.uniform_deletion.tolist() == [HIGH] + [LOW] * 5
        assert found.uniform_insertion.tolist() == [LOW] + [HIGH] * 5

    def test_nearest_ends_with_one_frame(self):
        found = self.run([.1, .3, .1, .1, .3, .1], 'nearest')
        assert found.deletion.tolist() == [HIGH] + [LOW] * 4
        assert found.insertion.tolist() == [HIGH] * 5
        np.testing.assert_allclose(found.random, LOW + (HIGH - LOW) * np.arange(5, 0, -1) / 5)

    def test_scale_of_the_weights_does_not_matter(self):
        weights = np.array([.3, .05, .2, .1, .05, .3])
        a, b = self.run(weights, draws=1), self.run(weights * 1e4, draws=1)
        assert a.areas == b.areas


NECKS = [
    pytest.param(dict(neck=dict(type='FANNeck')), None, id='fan'),
    pytest.param(dict(neck=dict(type='LSTMNeck', hidden_channels=4)), None, id='lstm'),
    pytest.param(dict(neck=dict(type='CEFLNeck', num_heads=1)), (2, 3), id='ceflnet'),
    pytest.param(dict(head=dict(type='BLSTMHead', hidden_channels=4)), None, id='blstm-per-frame'),
]


@pytest.mark.parametrize('parts, clips', NECKS)
@pytest.mark.parametrize('fill', ['nearest', 'mean'])
def test_curves_are_answers_to_videos_with_other_frames(parts, clips, fill):
    """Against videos built frame by frame, encoded one by one."""
    model, inputs = make_recognizer(**parts), make_video(4, [0, 1, 2, 3, 1, 1], clips)
    numbers, weights = np.array([1, 2, 4, 8, 2, 2]), np.array([.1, .1, .3, .2, .1, .1])
    found = frame_faithfulness(inputs, weights, numbers, partial(probabilities, model), 1,
                               np.random.default_rng(0), fill)

    def answer(frames):
        once = make_video(4, [0, 1, 2, 3, 4, 5], clips)
        once.frames = torch.stack(frames)
        once.gather = torch.arange(6)
        return probabilities(model, once)[0, 1]

    f = inputs.frames
    mean = f.float().mean(0).round().to(torch.uint8)
    # heaviest first: frames 1 (.3 in sum), 2 and 3 by their own; ties between 1 and 2
    assert found.deletion[0] == pytest.approx(answer(list(f[[0, 1, 2, 3, 1, 1]])), rel=1e-9)
    last = {'mean': [mean] * 6, 'nearest': [f[0]] * 6}[fill]
    assert found.deletion[-1] == pytest.approx(answer(last), rel=1e-9)
    # before the last step frames 0 and 3 are left
    before = {'mean': [f[0], mean, mean, f[3], mean, mean],
              'nearest': [f[0], f[0], f[0], f[3], f[0], f[0]]}[fill]
    assert found.deletion[2] == pytest.approx(answer(before), rel=1e-9)
    assert np.ptp(found.deletion) > 1e-6


class TestOneRegionDecides:
    where = (..., slice(8, 16), slice(24, 32))  # region (1, 3) of 4 x 4 on 32 px

    def run(self, peak, draws=1, **options):
        inputs = make_video(2, [0, 1, 0])
        answer = depends_on(inputs.frames[0][self.where], self.where)
        maps = np.full((3, 2, 4, 4), .01)
        maps[:, 0, peak[0], peak[1]] = .5
        return region_faithfulness(inputs, maps, answer, 1, AllShifts(2), draws=draws,
                                   **{'steps': 16, 'fill': 'mean', **options})

    def test_ideal_maps(self):
        found = self.run((1, 3))
        assert found.deletion.tolist() == [HIGH] + [LOW] * 16
        assert found.insertion.tolist() == [LOW] + [HIGH] * 16

    def test_other_maps_are_worse(self):
        found = self.run((0, 0))
        assert found.deletion[1] == HIGH and found.insertion[1] == LOW

    def test_random_order_is_chance(self):
        found = self.run((1, 3), draws=16)
        np.testing.assert_allclose(found.random, LOW + (HIGH - LOW) * np.arange(16, -1, -1) / 16)
        assert found.areas['random'] == pytest.approx((LOW + HIGH) / 2)

    def test_few_steps(self):
        found = self.run((1, 3), steps=4, fill='blur')
        assert found.deletion.tolist() == [HIGH] + [LOW] * 4


def test_what_has_no_order_is_refused():
    answer = depends_on(0)
    with pytest.raises(ValueError, match='one distinct frame'):
        frame_faithfulness(make_video(1, [0, 0]), [.5, .5], [1, 1], answer, 1, AllShifts())
    with pytest.raises(ValueError, match='3 weights'):
        frame_faithfulness(make_video(2), [.5, .2, .3], [1, 2], answer, 1, AllShifts())
    with pytest.raises(ValueError, match='one region'):
        region_faithfulness(make_video(2), np.ones((2, 1, 1, 1)), answer, 1, AllShifts())
    with pytest.raises(ValueError, match='for 2 sampled'):
        region_faithfulness(make_video(2), np.ones((3, 1, 2, 2)), answer, 1, AllShifts())
