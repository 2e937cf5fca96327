"""Soft labels: the shares of the annotators' votes, over the classes that are wanted."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mmfer.errors import AnnotationError

__all__ = ['map_distribution']


def map_distribution(shares: Sequence[float], mapping: Sequence[int | None], num_classes: int,
                     where: str, names: Sequence[str]) -> np.ndarray:
    """Shares of the wanted classes, (C,) float32; those that nobody could choose have 0.

    Files hold rounded shares, so they are divided by their sum.

    Args:
        shares: One per class of the annotation file.
        mapping: For each of those its index among the wanted classes, or None.
        num_classes: C, the number of classes wanted.
        where: File and clip, for messages.
        names: Of the annotation file's classes.

    Raises:
        AnnotationError: A class that is not wanted has votes.
    """
    mapped = np.zeros(num_classes, dtype=np.float64)
    for share, index, name in zip(shares, mapping, names, strict=True):
        if index is not None:
            mapped[index] = share
        elif share > 0:
            raise AnnotationError(
                f'{where}: label_distribution gives {share:g} to class {name!r}, which is not '
                'among the wanted classes; add it to them, or leave such clips out of the protocol')
    return (mapped / mapped.sum()).astype(np.float32)
