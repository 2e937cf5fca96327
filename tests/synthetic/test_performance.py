import numpy as np
import pytest

from mmfer.synthetic.action_units import PROTOTYPES
from mmfer.synthetic.identity import Identity
from mmfer.synthetic.performance import film, perform, stage
from mmfer.synthetic.rendering import Renderer

FACE = Identity()


def staged(label, seed=0, frames=9):
    return stage(label, FACE, frames, np.random.default_rng(seed), np.random.default_rng(99))


def numbers_of(units):
    return {unit.lstrip('LR') for unit in units}


@pytest.mark.parametrize('label', PROTOTYPES)
def test_the_prototype_is_performed(label):
    for seed in range(10):
        units = perform(label, FACE, np.random.default_rng(seed))
        assert numbers_of(units) >= numbers_of(PROTOTYPES[label])
        assert all(0 < value <= 1.25 for value in units.values())


def test_contempt_stays_on_one_side():
    for seed in range(20):
        units = perform('contempt', FACE, np.random.default_rng(seed))
        assert not {'L12', 'L14', 'L10'} & set(units)


def test_mixtures_vary():
    mixtures = {tuple(sorted(numbers_of(perform(None, FACE, np.random.default_rng(k)))))
                for k in range(30)}
    assert len(mixtures) > 20 and all(1 <= len(mixture) <= 4 for mixture in mixtures)


def test_expressive_people_show_more():
    weak, strong = (sum(perform('fear', Identity(expressiveness=e), np.random.default_rng(1))
                        .values()) for e in (.5, .9))
    np.testing.assert_allclose(weak / strong, 5 / 9, atol=.02)


def test_nothing_but_the_units_depends_on_the_label():
    one, other = staged('anger'), staged('surprise')
    assert one.units != other.units
    assert (one.onset, one.apex, one.poses, one.noise, one.noise_seed) == (
        other.onset, other.apex, other.poses, other.noise, other.noise_seed)
    np.testing.assert_array_equal(one.intensity, other.intensity)
    np.testing.assert_array_equal(one.gains, other.gains)
    renderer = Renderer(FACE, 48)
    first, also_first = (next(film(p, renderer, True, [1]))[1] for p in (one, other))
    np.testing.assert_array_equal(first, also_first)
    last, also_last = (next(film(p, renderer, True, [9]))[1] for p in (one, other))
    assert (last != also_last).any()


@pytest.mark.parametrize('frames', [2, 3, 6, 71])
def test_neutral_to_peak(frames):
    for seed in range(20):
        p = staged('fear', seed, frames)
        assert p.intensity[0] == 0 and p.intensity[-1] == 1
        assert len(p.poses) == len(p.gains) == frames
        assert (p.intensity[p.apex[0] - 1:] == 1).all() and p.apex[1] == frames


def test_frames_do_not_depend_on_which_are_asked_for():
    p, renderer = staged('disgust'), Renderer(FACE, 32)
    every = dict(film(p, renderer, False, range(1, 10)))
    for number, picture in film(p, renderer, False, [7, 2]):
        np.testing.assert_array_equal(picture, every[number])
    assert every[1].shape == (32, 32)
