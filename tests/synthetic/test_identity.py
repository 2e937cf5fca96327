import numpy as np

from mmfer.synthetic.action_units import split_unit
from mmfer.synthetic.identity import BEARDS, GLASSES, HAIR_STYLES, sample_identity


def people(count):
    return [sample_identity(np.random.default_rng([1, k])) for k in range(count)]


def test_equal_generators_give_equal_people():
    assert people(3) == people(3)
    assert len(set(people(20))) == 20


def test_people_vary_over_every_style():
    crowd = people(400)
    assert {p.hair_style for p in crowd} == set(HAIR_STYLES)
    assert {p.beard for p in crowd} == set(BEARDS)
    assert {p.glasses for p in crowd} == set(GLASSES)
    # skin from dark to light, light from both sides
    assert min(p.skin[0] for p in crowd) < 130 < 230 < max(p.skin[0] for p in crowd)
    assert min(p.light_azimuth for p in crowd) < -.5 < .5 < max(p.light_azimuth for p in crowd)


def test_resting_units_exist_and_are_weak():
    for person in people(50):
        for unit, intensity in person.rest:
            split_unit(unit)
            assert 0 <= intensity <= .4
