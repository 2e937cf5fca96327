"""How often each class occurs in a dataset."""
from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.dataset import ConcatDataset, RepeatDataset

from mmfer.errors import AnnotationError

__all__ = ['class_counts', 'class_shares']


def class_counts(dataset: Any, num_classes: int) -> np.ndarray:
    """Samples of each class, (C,) int64; frames of each class where frames are labelled.

    Frames with the label -1 do not count, samples that a dataset repeats count each time.

    Args:
        dataset: Knows its length and ``get_data_info(index)``, as MMEngine's datasets and
            their wrappers do. Where it has ``class_counts(num_classes)``, as ExpressionDataset,
            that spares going through the samples.
        num_classes: C.
    """
    if isinstance(dataset, RepeatDataset):
        return dataset.times * class_counts(dataset.dataset, num_classes)
    if isinstance(dataset, ConcatDataset):
        return np.sum([class_counts(part, num_classes) for part in dataset.datasets], axis=0)
    if hasattr(dataset, 'class_counts'):
        return dataset.class_counts(num_classes)
    counts = np.zeros(num_classes, dtype=np.int64)
    for index in range(len(dataset)):
        sample = dataset.get_data_info(index)
        labels = np.atleast_1d(sample['frame_labels' if 'frame_labels' in sample else 'label'])
        counts += np.bincount(labels[labels >= 0], minlength=num_classes)
    return counts


def class_shares(dataset: Any, num_classes: int) -> np.ndarray:
    """Sum over the samples of the share that annotators gave each class, (C,) float64.

    The counts of soft labels: where all annotators agree they are those of
    :func:`class_counts`.

    Args:
        dataset: As there.
        num_classes: C.

    Raises:
        AnnotationError: A sample has no label distribution; the message names the clip.
    """
    shares = np.zeros(num_classes, dtype=np.float64)
    for index in range(len(dataset)):
        sample = dataset.get_data_info(index)
        if 'label_distribution' not in sample:
            raise AnnotationError(f'clip {sample["clip"]!r} has no label_distribution, but the '
                                  'loss has soft_labels=True')
        shares += sample['label_distribution']
    return shares
