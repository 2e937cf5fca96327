"""One sequence: which action units, how strong in each frame, and how it is filmed.

What is performed may depend on the label; everything else (pose, timing, noise) is drawn
from a stream that never sees it, so that only the expression gives the label away.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from mmfer.synthetic.action_units import EFFECTS, PROTOTYPES, VARIANTS, split_unit
from mmfer.synthetic.identity import Identity, Pose
from mmfer.synthetic.rendering import Renderer
from mmfer.synthetic.timeline import timeline

_MIXED = tuple(EFFECTS)


@dataclass(frozen=True)
class Performance:
    """Everything needed to render one sequence.

    Attributes:
        units: Action units at apex, name -> intensity.
        onset: 1-based number of the last neutral frame.
        apex: 1-based numbers of the first and last frame at full intensity.
        intensity: (T,) in 0..1, share of ``units`` in every frame.
        poses: Pose in every frame.
        gains: (T,) brightness of every frame relative to the sequence.
        noise: Standard deviation of the sensor's noise, grey levels.
        noise_seed: Seed of the noise.
    """

    units: dict[str, float]
    onset: int
    apex: tuple[int, int]
    intensity: np.ndarray
    poses: tuple[Pose, ...]
    gains: np.ndarray
    noise: float
    noise_seed: int


def perform(label: str | None, identity: Identity, rng: np.random.Generator) -> dict[str, float]:
    """Action units at apex as one subject shows an expression once.

    Args:
        label: An expression of :data:`PROTOTYPES`; None for a mixture that is none of them.
        identity: Whose expressiveness and asymmetry apply.
        rng: Source of the variation between performances.
    """
    if label is None:
        units = dict.fromkeys(rng.choice(_MIXED, rng.integers(1, 5), replace=False).tolist(), 1.)
    else:
        units = dict(PROTOTYPES[label])
        for unit, often in VARIANTS[label].items():
            if rng.random() < often:
                units[unit] = .7
    strength = identity.expressiveness * rng.uniform(.85, 1.12)
    shown: dict[str, float] = {}
    for unit, weight in units.items():
        intensity = weight * strength * rng.uniform(.75, 1.2)
        # now and then people leave out a part of a prototype
        intensity *= .25 if label is not None and len(units) > 2 and rng.random() < .08 else 1.
        number, sides = split_unit(unit)
        uneven = identity.asymmetry + rng.normal(0, .05)
        for side in sides:
            tilt = 1 + (uneven if side else -uneven)
            shown['RL'[side] + number] = round(float(np.clip(intensity * tilt, .02, 1.25)), 4)
    return shown


def _drift(frames: int, size: float, rng: np.random.Generator) -> np.ndarray:
    """(frames,): slow smooth movement of about ``size`` around 0."""
    time = np.arange(frames)
    total = np.zeros(frames)
    for _ in range(2):
        total += rng.normal(0, size) * np.sin(rng.uniform(.05, .35) * time
                                              + rng.uniform(0, 2 * np.pi))
    return total


def stage(label: str | None, identity: Identity, num_frames: int, blind: np.random.Generator,
          acting: np.random.Generator) -> Performance:
    """Draws one neutral-to-peak sequence.

    Args:
        label: The expression, or None for another mixture of action units.
        identity: The subject.
        num_frames: Frames T, at least 2.
        blind: Source of everything that must not depend on the label.
        acting: Source of what is performed.
    """
    onset = max(int(num_frames * blind.uniform(0, .3)), 1)
    first = min(max(round(num_frames * blind.uniform(.7, 1.)), onset + 1), num_frames)
    base = identity.pose
    start = blind.normal(0, 1, 5) * [.02, .035, .012, .012, .012]
    moves = [_drift(num_frames, size, blind) for size in (.008, .014, .005, .005, .003)]
    poses = tuple(replace(
        base, roll=base.roll + start[0] + moves[0][t], yaw=base.yaw + start[1] + moves[1][t],
        dx=base.dx + start[2] + moves[2][t], dy=base.dy + start[3] + moves[3][t],
        scale=base.scale * (1 + start[4] + moves[4][t])) for t in range(num_frames))
    return Performance(
        units=perform(label, identity, acting), onset=onset, apex=(first, num_frames),
        intensity=timeline(num_frames, onset, (first, num_frames)), poses=poses,
        gains=1 + blind.normal(0, .004, num_frames), noise=float(blind.uniform(.8, 2.2)),
        noise_seed=int(blind.integers(2**31)))


def film(performance: Performance, renderer: Renderer, colour: bool,
         numbers: Iterable[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Renders frames of a performance as a camera records them.

    Args:
        performance: The sequence.
        renderer: The subject at the wanted size.
        colour: (H, W, 3) RGB if true, (H, W) grey otherwise.
        numbers: 1-based frame numbers to render, in any order.

    Yields:
        Frame number and uint8 picture; a frame does not depend on which others are asked for.
    """
    p = performance
    size = renderer.size_px
    shape = (2 * size, 2 * size, 3) if colour else (2 * size, 2 * size)
    sensor = np.random.default_rng(p.noise_seed)
    grain = sensor.normal(0, p.noise, shape).astype(np.float32)
    offsets = sensor.integers(0, size, (len(p.poses), 2))
    for number in numbers:
        t = number - 1
        share = float(p.intensity[t])
        units = {unit: share * peak for unit, peak in p.units.items()} if share else {}
        picture = renderer.render(units, p.poses[t])
        if not colour:
            picture = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        y, x = offsets[t]
        noisy = cv2.scaleAdd(picture.astype(np.float32), float(p.gains[t]),
                             np.ascontiguousarray(grain[y:y + size, x:x + size]))
        yield number, np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
