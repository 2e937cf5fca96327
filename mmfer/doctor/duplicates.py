"""Clips that show the same pictures, found by perceptual hashes.

A copy that was encoded anew, resized or renamed has other bytes but nearly the same hashes.
A clip stands as K hashes, of its frames at K evenly spaced places; two clips are the same
where every pair of hashes differs in few bits.

Shape legend: M clips, K hashes of a clip, B bits of a hash.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import imagehash
import numpy as np
from PIL import Image

from mmfer.doctor.findings import Finding
from mmfer.protocols import PARTS, Protocol

PLACES = 3
"""K."""
HASH_SIDE = 8
"""B is its square."""
LIMIT = 6
"""Bits of 64 that two pictures of one clip may differ in, after encoding or resizing."""
_BLOCK = 1024


@dataclass(frozen=True)
class Pair:
    """Two clips that look the same.

    Attributes:
        first: Clip id.
        second: Clip id.
        bits: Bits that the most different pair of their hashes differs in.
    """

    first: str
    second: str
    bits: int


def places(num_frames: int) -> list[int]:
    """Positions of the frames that stand for a clip, K of them, from 0."""
    return np.linspace(0, num_frames - 1, PLACES).round().astype(int).tolist()


def hash_clip(frames: Sequence[np.ndarray]) -> np.ndarray:
    """Perceptual hashes of (H, W, 3) uint8 frames: (K, B) bool."""
    return np.stack([imagehash.phash(Image.fromarray(frame), HASH_SIDE).hash.ravel()
                     for frame in frames])


def same_pictures(clips: Sequence[str], hashes: np.ndarray, limit: int = LIMIT) -> list[Pair]:
    """All pairs of clips whose hashes differ in at most ``limit`` bits each.

    Args:
        clips: M clip ids.
        hashes: (M, K, B) bool.
        limit: Bits.

    Returns:
        Pairs in the order of the clips.
    """
    # a . b = B - 2 * distance for vectors of -1 and 1, so distances are matrix products
    signs = np.where(hashes, 1, -1).astype(np.float32)
    bits = hashes.shape[-1]
    pairs = []
    for start in range(0, len(clips), _BLOCK):
        block = signs[start:start + _BLOCK]
        worst = np.zeros((len(block), len(clips)), np.float32)
        for place in range(signs.shape[1]):
            np.maximum(worst, (bits - block[:, place] @ signs[:, place].T) / 2, out=worst)
        rows, columns = np.nonzero(worst <= limit)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            if start + row < column:
                pairs.append(Pair(clips[start + row], clips[column], int(worst[row, column])))
    return pairs


def check_duplicates(pairs: Iterable[Pair], protocols: dict[str, Protocol]) -> Finding:
    """Pairs that a protocol puts on two sides are problems; others are counted."""
    problems, within = [], 0
    for pair in pairs:
        leaks = list(_leaks(pair, protocols))
        within += not leaks
        problems += [f'clips {pair.first!r} and {pair.second!r} look the same ({pair.bits} of '
                     f'{HASH_SIDE**2} bits differ): {leak}' for leak in leaks[:1]]
    remarks = (f'{within} pairs that look the same lie in one part', ) if within else ()
    return Finding('clips that look the same, across splits', tuple(problems), remarks)


def _leaks(pair: Pair, protocols: dict[str, Protocol]) -> Iterator[str]:
    for stem, protocol in protocols.items():
        for split in protocol.splits:
            where = {clip: part for part in PARTS for clip in getattr(split, part)
                     if clip in (pair.first, pair.second)}
            if len(where) == 2 and where[pair.first] != where[pair.second]:
                yield (f'{where[pair.first]} and {where[pair.second]} of {split.name} in {stem}')
