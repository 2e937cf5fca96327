"""A contact sheet: every expression on several identities, and one sequence."""
from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np

from mmfer.fileio import atomic_write
from mmfer.synthetic.action_units import PROTOTYPES
from mmfer.synthetic.identity import sample_identity
from mmfer.synthetic.performance import film, stage
from mmfer.synthetic.rendering import Renderer

_MARGIN = 26


def _text(image: np.ndarray, text: str, x: int, y: int) -> None:
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, .48, (40, 40, 40), 1, cv2.LINE_AA)


def contact_sheet(*, size_px: int = 112, identities: int = 8, frames: int = 7, seed: int = 0
                  ) -> np.ndarray:
    """Rows of identities by columns of prototypes at full intensity; below, one sequence.

    Args:
        size_px: Side of every face.
        identities: Rows.
        frames: Faces in the sequence below, from neutral to the peak of surprise.
        seed: Whom to draw.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    rows = []
    for row in range(identities):
        identity = sample_identity(np.random.default_rng([seed, row]))
        renderer = Renderer(identity, size_px)
        rows.append(np.concatenate([
            renderer.render(units) for units in PROTOTYPES.values()], axis=1))
    faces = np.concatenate(rows)
    rng = np.random.default_rng([seed, identities])
    identity = sample_identity(rng)
    sequence = stage('surprise', identity, frames, rng, rng)
    strip = np.concatenate([picture for _, picture in film(
        sequence, Renderer(identity, size_px), True, range(1, frames + 1))], axis=1)
    width = max(faces.shape[1], strip.shape[1])
    sheet = np.full((faces.shape[0] + size_px + 2 * _MARGIN, width, 3), 255, np.uint8)
    for column, label in enumerate(PROTOTYPES):
        _text(sheet, label, column * size_px + 6, _MARGIN - 8)
    sheet[_MARGIN:_MARGIN + faces.shape[0], :faces.shape[1]] = faces
    below = 2 * _MARGIN + faces.shape[0]
    for t, intensity in enumerate(sequence.intensity):
        _text(sheet, f'{intensity:.2f}', t * size_px + 6, below - 8)
    sheet[below:, :strip.shape[1]] = strip
    return sheet


def write_sheet(path: str | os.PathLike[str], sheet: np.ndarray) -> None:
    """Writes a sheet as PNG."""
    _, data = cv2.imencode('.png', cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
    with atomic_write(Path(path)) as temporary:
        temporary.write_bytes(data.tobytes())
