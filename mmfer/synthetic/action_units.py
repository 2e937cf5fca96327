"""What each FACS action unit does to a face, and the expressions made of them.

An action unit is named by its number ('12'), on one side of the face by 'L12' or
'R12' (the subject's own left and right), with an intensity in 0..1. Effects add up.
Numbers and prototypes follow Ekman, Friesen and Hager, Facial Action Coding System
(2002), and EMFACS. Lengths are in half frames, y points down, "out" away from the nose.
"""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

PROTOTYPES: dict[str, dict[str, float]] = {
    'anger': {'4': 1., '5': .5, '7': .8, '23': 1.},
    'contempt': {'R12': .75, 'R14': 1.},
    'disgust': {'9': 1., '15': .5, '16': .6},
    'fear': {'1': 1., '2': .55, '4': .75, '5': .9, '20': 1., '26': .35},
    'happiness': {'6': 1., '12': 1.},
    'sadness': {'1': 1., '4': .6, '15': 1.},
    'surprise': {'1': .9, '2': 1., '5': .9, '26': 1.},
}
"""EMFACS prototype of each expression: action unit -> intensity at apex."""

VARIANTS: dict[str, dict[str, float]] = {
    'anger': {'17': .4, '24': .4, '10': .15},
    'contempt': {'R10': .2, '24': .3},
    'disgust': {'10': .4, '4': .4, '17': .3, '7': .3},
    'fear': {'25': .5, '7': .2},
    'happiness': {'25': .8, '26': .2, '7': .2},
    'sadness': {'17': .5, '7': .2, '11': .3},
    'surprise': {'27': .5, '25': .4},
}
"""Action units that people add to a prototype without changing what it is -> how often."""

WRINKLES = ('forehead_mid', 'forehead_side', 'glabella', 'crow', 'under_eye', 'nose',
            'nasolabial', 'dimple', 'mouth_corner', 'chin', 'upper_lid')
"""Names of the skin folds; each exists per side."""

POINTS = ('brow_inner', 'brow_mid', 'brow_outer', 'cheek', 'nose_wing', 'mouth_corner',
          'upper_lip', 'lower_lip', 'chin', 'jaw')
"""Names of the points that move the skin; each exists per side."""

SIDES = {'R': 0, 'L': 1}
"""Row of each side: the subject's right is on the left of the frame."""


@dataclass(frozen=True)
class Effect:
    """What one action unit does at intensity 1, on each of its sides.

    Attributes:
        moves: Point -> (out, down).
        lids: (rise of the upper lid, rise of the lower lid).
        lips: (thinning of the upper lip, of the lower lip), share of its height.
        folds: Wrinkle -> depth.
    """

    moves: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    lids: tuple[float, float] = (0., 0.)
    lips: tuple[float, float] = (0., 0.)
    folds: Mapping[str, float] = field(default_factory=dict)


EFFECTS: dict[str, Effect] = {
    '1': Effect({'brow_inner': (0., -.085), 'brow_mid': (0., -.03)}, lids=(.006, 0.),
                folds={'forehead_mid': 1.}),
    '2': Effect({'brow_mid': (0., -.05), 'brow_outer': (.004, -.075)}, lids=(.006, 0.),
                folds={'forehead_side': 1., 'forehead_mid': .25}),
    '4': Effect({'brow_inner': (-.04, .055), 'brow_mid': (-.018, .04),
                 'brow_outer': (0., .008)}, lids=(-.006, 0.), folds={'glabella': 1.}),
    '5': Effect(lids=(.03, 0.), folds={'upper_lid': .6}),
    '6': Effect({'cheek': (0., -.05), 'brow_outer': (0., .008)}, lids=(-.008, .022),
                folds={'crow': 1., 'under_eye': .9}),
    '7': Effect(lids=(-.014, .018), folds={'under_eye': .45}),
    '9': Effect({'nose_wing': (.012, -.035), 'upper_lip': (0., -.028),
                 'brow_inner': (-.016, .045), 'brow_mid': (0., .022), 'cheek': (0., -.022)},
                lids=(-.012, .014), folds={'nose': 1., 'nasolabial': .8, 'glabella': .45}),
    '10': Effect({'upper_lip': (0., -.035), 'nose_wing': (.006, -.01)},
                 folds={'nasolabial': .6}),
    '11': Effect({'upper_lip': (0., -.008)}, folds={'nasolabial': .5}),
    '12': Effect({'mouth_corner': (.065, -.075), 'cheek': (.012, -.03),
                  'upper_lip': (0., -.004), 'nose_wing': (.01, 0.)}, lips=(.2, .12),
                 folds={'nasolabial': 1.}),
    '14': Effect({'mouth_corner': (.022, -.012)}, lips=(.12, .12),
                 folds={'dimple': 1., 'nasolabial': .35}),
    '15': Effect({'mouth_corner': (.002, .07), 'lower_lip': (0., -.006)},
                 folds={'mouth_corner': 1.}),
    '16': Effect({'lower_lip': (0., .045), 'mouth_corner': (.006, .012)}, lips=(0., .15),
                 folds={'chin': .5}),
    '17': Effect({'chin': (0., -.035), 'lower_lip': (0., -.022), 'upper_lip': (0., -.012),
                  'mouth_corner': (0., .016)}, folds={'chin': 1.}),
    '20': Effect({'mouth_corner': (.08, .02), 'lower_lip': (0., .008)}, lips=(.3, .3),
                 folds={'dimple': .35, 'mouth_corner': .4}),
    '23': Effect({'mouth_corner': (-.022, 0.)}, lips=(.6, .55), folds={'chin': .45}),
    '24': Effect({'mouth_corner': (-.01, .004)}, lips=(.5, .5)),
    '25': Effect({'lower_lip': (0., .035), 'upper_lip': (0., -.012)}),
    '26': Effect({'lower_lip': (0., .165), 'chin': (0., .12), 'jaw': (-.012, .06),
                  'mouth_corner': (-.05, .075), 'upper_lip': (0., -.018)},
                 lips=(.05, .1)),
    '27': Effect({'lower_lip': (0., .225), 'chin': (0., .16), 'jaw': (-.02, .08),
                  'mouth_corner': (-.065, .1), 'upper_lip': (0., -.025)}, lips=(.1, .2)),
}
"""Effect of every action unit that the renderer knows."""


@dataclass(frozen=True)
class Deformation:
    """The sum of all effects. Rows are the sides: 0 the subject's right, 1 the left.

    Attributes:
        moves: (2, points, 2), (out, down) of each of :data:`POINTS`.
        lids: (2, 2), rise of the upper and of the lower lid.
        lips: (2, 2), thinning of the upper and of the lower lip, at most 0.8.
        folds: (2, wrinkles), depth of each of :data:`WRINKLES`.
    """

    moves: np.ndarray
    lids: np.ndarray
    lips: np.ndarray
    folds: np.ndarray

    def move(self, point: str) -> np.ndarray:
        """(2, 2): (out, down) of ``point`` per side."""
        return self.moves[:, POINTS.index(point)]


def split_unit(unit: str) -> tuple[str, tuple[int, ...]]:
    """Number and sides of an action unit's name; KeyError where it is unknown."""
    sides: tuple[int, ...] = (0, 1)
    number = unit
    if unit[:1] in SIDES:
        sides, number = (SIDES[unit[0]],), unit[1:]
    if number not in EFFECTS:
        raise KeyError(f'action unit {unit!r} is not known; known are {", ".join(EFFECTS)}, '
                       "on one side with 'L' or 'R' before the number")
    return number, sides


_TABLE_WIDTH = 2 * len(POINTS) + 2 + 2 + len(WRINKLES)


def _flatten(effect: Effect) -> np.ndarray:
    row = np.zeros(_TABLE_WIDTH)
    for point, move in effect.moves.items():
        at = 2 * POINTS.index(point)
        row[at:at + 2] = move
    at = 2 * len(POINTS)
    row[at:at + 2], row[at + 2:at + 4] = effect.lids, effect.lips
    for fold, depth in effect.folds.items():
        row[at + 4 + WRINKLES.index(fold)] = depth
    return row


_TABLE = {number: _flatten(effect) for number, effect in EFFECTS.items()}


def deform(action_units: Mapping[str, float]) -> Deformation:
    """Adds up the effects of action units.

    Args:
        action_units: Name -> intensity; 0 is absent, 1 the strongest that FACS codes.

    Raises:
        KeyError: An action unit is unknown.
        ValueError: An intensity is negative or not finite.
    """
    total = np.zeros((2, _TABLE_WIDTH))
    for unit, intensity in action_units.items():
        number, sides = split_unit(unit)
        if not (0 <= intensity < np.inf):
            raise ValueError(f'action unit {unit!r} has intensity {intensity}; give a finite '
                             'number from 0 (absent)')
        for side in sides:
            total[side] += intensity * _TABLE[number]
    at = 2 * len(POINTS)
    return Deformation(moves=total[:, :at].reshape(2, len(POINTS), 2),
                       lids=total[:, at:at + 2], lips=total[:, at + 2:at + 4].clip(0, .8),
                       folds=total[:, at + 4:].clip(0, 1.5))
