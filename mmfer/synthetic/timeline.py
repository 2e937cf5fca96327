"""How strong an expression is in every frame of a sequence."""
from __future__ import annotations

import numpy as np


def timeline(num_frames: int, onset: int, apex: tuple[int, int],
             offset: int | None = None) -> np.ndarray:
    """Intensity of every frame: neutral, a smooth rise, a hold, a smooth fall.

    Args:
        num_frames: Frames T of the sequence.
        onset: 1-based number of the last neutral frame; 0 if the sequence begins after it.
        apex: 1-based numbers of the first and last frame at full intensity.
        offset: 1-based number of the first frame that is neutral again, which may lie
            beyond the sequence; None holds the apex to the end.

    Returns:
        (T,) float64 in 0..1: 0 up to ``onset``, 1 over ``apex``, in between 3s^2 - 2s^3.

    Raises:
        ValueError: The numbers are out of order or outside the sequence.
    """
    first, last = apex
    if not (0 <= onset < first <= last <= num_frames) or (offset is not None and offset <= last):
        raise ValueError(f'onset {onset}, apex {first}..{last} and offset {offset} must follow '
                         f'each other, and the apex must lie within {num_frames} frames')
    number = np.arange(1, num_frames + 1, dtype=np.float64)
    rise = np.clip((number - onset) / (first - onset), 0, 1)
    fall = np.ones_like(number) if offset is None else np.clip(
        (offset - number) / (offset - last), 0, 1)
    position = np.minimum(rise, fall)
    return position**2 * (3 - 2 * position)
