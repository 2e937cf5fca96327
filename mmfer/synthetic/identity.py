"""Who a synthetic face is: everything about it that no expression changes.

Lengths are in half frames: the frame spans [-1, 1] in x (right) and y (down), a face
at rest is about 1.1 wide. Colours are RGB in 0..255.
"""
from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

Colour = tuple[float, float, float]

HAIR_STYLES = ('short', 'side', 'fringe', 'long', 'bob', 'updo', 'buzz', 'bald')
BEARDS = ('none', 'stubble', 'moustache', 'full')
GLASSES = ('none', 'round', 'square')

_SKINS = np.array([(250, 222, 200), (240, 200, 172), (226, 178, 142), (198, 146, 108),
                   (154, 106, 76), (112, 76, 56)], dtype=np.float64)
_HAIRS = np.array([(28, 24, 24), (52, 36, 28), (88, 58, 38), (126, 84, 50), (172, 132, 84),
                   (206, 172, 118), (150, 72, 40), (150, 148, 146)], dtype=np.float64)
_IRISES = np.array([(62, 40, 26), (84, 56, 32), (92, 98, 60), (92, 118, 140), (80, 96, 110)],
                   dtype=np.float64)


@dataclass(frozen=True)
class Pose:
    """Where the head is in the frame.

    Attributes:
        roll: In-plane rotation, radians, clockwise as seen.
        yaw: Turn of the head, radians, positive towards the right of the frame.
        dx: Shift to the right, half frames.
        dy: Shift down, half frames.
        scale: Size relative to the canonical face.
    """

    roll: float = 0.
    yaw: float = 0.
    dx: float = 0.
    dy: float = 0.
    scale: float = 1.


@dataclass(frozen=True)
class Identity:
    """One subject. Hashable, so that prepared layers can be kept per identity.

    ``rest`` holds the action units of the neutral face (its resting brow and mouth), as
    pairs (action unit, intensity); ``expressiveness`` scales what the subject performs.
    """

    face_width: float = .54
    jaw: float = .82
    chin_y: float = .77
    eye_spacing: float = .235
    eye_y: float = -.11
    eye_width: float = .108
    eye_open: float = 1.
    eye_tilt: float = .005
    brow_height: float = .165
    brow_thickness: float = .034
    brow_arch: float = .035
    nose_width: float = .1
    nose_y: float = .18
    mouth_y: float = .42
    mouth_width: float = .19
    lip_upper: float = .038
    lip_lower: float = .052
    skin: Colour = (226., 178., 142.)
    hair: Colour = (52., 36., 28.)
    iris: Colour = (84., 56., 32.)
    lip_redness: float = .5
    hair_style: str = 'short'
    hairline: float = -.56
    beard: str = 'none'
    glasses: str = 'none'
    wrinkle: float = 1.
    light_azimuth: float = .3
    light_elevation: float = .5
    light_strength: float = .6
    background: tuple[Colour, Colour] = ((120., 130., 140.), (80., 90., 100.))
    clothes: Colour = (60., 70., 90.)
    texture_seed: int = 0
    expressiveness: float = 1.
    asymmetry: float = 0.
    rest: tuple[tuple[str, float], ...] = ()
    pose: Pose = field(default_factory=Pose)


def _mix(palette: np.ndarray, position: float) -> np.ndarray:
    """The colour at ``position`` in 0..1 along a palette (C, 3)."""
    place = position * (len(palette) - 1)
    low = min(int(place), len(palette) - 2)
    return palette[low] + (place - low) * (palette[low + 1] - palette[low])


def _colour(values: np.ndarray) -> Colour:
    r, g, b = np.clip(values, 0, 255).round(1).tolist()
    return (r, g, b)


def _rest(rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """Resting action units: some people look stern, sad, amused or awake at rest."""
    units: dict[str, float] = {}
    for low, high in (('4', '1'), ('4', '2'), ('7', '5'), ('15', '12'), ('24', '25')):
        bias = float(np.clip(rng.normal(0., .08), -.18, .18))
        unit = low if bias < 0 else high
        units[unit] = units.get(unit, 0.) + round(abs(bias), 4)
    return tuple(sorted(units.items()))


def sample_identity(rng: np.random.Generator) -> Identity:
    """Draws one subject; equal generators give equal subjects."""
    def between(low: float, high: float) -> float:
        return round(float(rng.uniform(low, high)), 5)

    skin_tone = float(rng.beta(1.1, 1.6))
    skin = _mix(_SKINS, skin_tone) + rng.normal(0, 4, 3)
    # dark skin goes with dark hair and eyes here as it mostly does among people
    hair_index = rng.integers(0, 3) if skin_tone > .55 else rng.integers(0, len(_HAIRS))
    hair = _HAIRS[hair_index] * rng.uniform(.85, 1.15) + rng.normal(0, 3, 3)
    iris = _IRISES[rng.integers(0, 2 if skin_tone > .45 else len(_IRISES))]
    masculine = bool(rng.random() < .45)
    style = str(rng.choice(HAIR_STYLES, p=[.34, .2, .1, .02, .02, .0, .2, .12] if masculine
                           else [.08, .12, .18, .28, .2, .14, 0., 0.]))
    beard = str(rng.choice(BEARDS, p=[.55, .25, .08, .12])) if masculine else 'none'
    glasses = str(rng.choice(GLASSES, p=[.86, .07, .07]))
    tone = rng.uniform(55, 205)
    tint = rng.normal(0, 12, 3)
    return Identity(
        face_width=between(.5, .57), jaw=between(.80, .9) if masculine else between(.72, .84),
        chin_y=between(.73, .81), eye_spacing=between(.222, .25), eye_y=between(-.135, -.09),
        eye_width=between(.1, .12), eye_open=between(.82, 1.15), eye_tilt=between(-.008, .014),
        brow_height=between(.15, .185),
        brow_thickness=between(.032, .046) if masculine else between(.022, .034),
        brow_arch=between(.015, .035) if masculine else between(.03, .05),
        nose_width=between(.082, .12), nose_y=between(.155, .2), mouth_y=between(.4, .445),
        mouth_width=between(.17, .21), lip_upper=between(.026, .046),
        lip_lower=between(.04, .06), skin=_colour(skin), hair=_colour(hair),
        iris=_colour(iris + rng.normal(0, 6, 3)),
        lip_redness=between(.25, .5) if masculine else between(.4, .9),
        hair_style=style, hairline=between(-.62, -.5), beard=beard, glasses=glasses,
        wrinkle=between(.65, 1.35), light_azimuth=between(-.9, .9),
        light_elevation=between(.15, .8), light_strength=between(.4, .8),
        background=(_colour(tone + tint + rng.normal(0, 10, 3)),
                    _colour(tone * rng.uniform(.6, 1.1) + tint)),
        clothes=_colour(rng.uniform(25, 215, 3)), texture_seed=int(rng.integers(0, 2**31)),
        expressiveness=between(.8, 1.12), asymmetry=between(-.12, .12), rest=_rest(rng),
        pose=Pose(roll=between(-.06, .06), yaw=between(-.15, .15), dx=between(-.04, .04),
                  dy=between(-.06, .02), scale=between(1.05, 1.16)))
