import numpy as np
import pytest

from mmfer.synthetic.action_units import (
    EFFECTS,
    POINTS,
    PROTOTYPES,
    VARIANTS,
    WRINKLES,
    deform,
    split_unit,
)


@pytest.mark.parametrize(('expression', 'units'), [
    ('happiness', '6 12'), ('sadness', '1 4 15'), ('surprise', '1 2 5 26'),
    ('fear', '1 2 4 5 20 26'), ('anger', '4 5 7 23'), ('disgust', '9 15 16'),
    ('contempt', 'R12 R14')])
def test_prototypes_are_those_of_emfacs(expression, units):
    assert set(PROTOTYPES[expression]) == set(units.split())


def test_every_named_unit_point_and_fold_exists():
    for units in (*PROTOTYPES.values(), *VARIANTS.values()):
        for unit in units:
            split_unit(unit)
    for effect in EFFECTS.values():
        assert set(effect.moves) <= set(POINTS)
        assert set(effect.folds) <= set(WRINKLES)


@pytest.mark.parametrize(('unit', 'point', 'direction'), [
    ('1', 'brow_inner', (0, -1)), ('2', 'brow_outer', (1, -1)), ('4', 'brow_inner', (-1, 1)),
    ('6', 'cheek', (0, -1)), ('9', 'nose_wing', (1, -1)), ('10', 'upper_lip', (0, -1)),
    ('12', 'mouth_corner', (1, -1)), ('15', 'mouth_corner', (1, 1)),
    ('16', 'lower_lip', (0, 1)), ('17', 'chin', (0, -1)), ('20', 'mouth_corner', (1, 1)),
    ('25', 'lower_lip', (0, 1)), ('26', 'chin', (0, 1)), ('27', 'lower_lip', (0, 1))])
def test_units_move_as_facs_says(unit, point, direction):
    # (out, down): brows up is (0, -1), corners out and up (1, -1)
    assert np.sign(deform({unit: 1.}).move(point)).tolist() == [list(direction)] * 2


@pytest.mark.parametrize(('unit', 'upper', 'lower'), [('5', 1, 0), ('6', -1, 1), ('7', -1, 1)])
def test_units_move_lids(unit, upper, lower):
    assert np.sign(deform({unit: 1.}).lids).tolist() == [[upper, lower]] * 2


def test_one_side_and_both_sides():
    right, left, both = (deform({unit: .5}) for unit in ('R14', 'L14', '14'))
    assert (right.move('mouth_corner')[1] == 0).all() and right.folds[1].sum() == 0
    assert (left.move('mouth_corner')[0] == 0).all()
    np.testing.assert_allclose(right.moves + left.moves, both.moves)


def test_effects_add_up_in_proportion():
    sum_of_parts = deform({'1': .3}).moves + deform({'4': .6}).moves
    np.testing.assert_allclose(deform({'1': .3, '4': .6}).moves, sum_of_parts)


@pytest.mark.parametrize('unit', ['3', 'X12', 'R', '', '12R'])
def test_unknown_units_are_named(unit):
    with pytest.raises(KeyError, match='not known'):
        deform({unit: 1.})


@pytest.mark.parametrize('intensity', [-.1, float('nan'), float('inf')])
def test_bad_intensity(intensity):
    with pytest.raises(ValueError, match="'12' has intensity"):
        deform({'12': intensity})
