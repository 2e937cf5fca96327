"""Between packed rows, as the trunk sees them, and padded batches, as necks see them.

Axes: N videos, T frames (T_max in a padded batch), S = sum of T over the videos.
"""
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

__all__ = ['front_order', 'full_precision', 'lengths_to_mask', 'masked_softmax', 'pad_packed',
           'put_back', 'take_in_order', 'uniform_weights', 'unpad']


def lengths_to_mask(lengths: Sequence[int], device: torch.device | str | None = None) -> Tensor:
    """Mask (N, T_max) bool, True where a video has a frame."""
    steps = torch.arange(max(lengths), device=device)
    return steps < torch.tensor(lengths, device=device).unsqueeze(1)


def pad_packed(rows: Tensor, lengths: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Packed rows (S, ...) to a padded batch (N, T_max, ...) and its mask (N, T_max).

    Videos of equal length need no padding: the batch is then a view of ``rows``.

    Raises:
        ValueError: The lengths do not add up to the number of rows.
    """
    if sum(lengths) != rows.shape[0]:
        raise ValueError(f'lengths {tuple(lengths)} add up to {sum(lengths)}, not to the '
                         f'{rows.shape[0]} packed rows')
    mask = lengths_to_mask(lengths, rows.device)
    if len(set(lengths)) == 1:
        return rows.unflatten(0, (len(lengths), lengths[0])), mask
    return pad_sequence(rows.split(list(lengths)), batch_first=True), mask


def unpad(padded: Tensor, mask: Tensor, count: int | None = None) -> Tensor:
    """Padded batch (N, T_max, ...) back to packed rows (S, ...).

    Args:
        padded: The batch.
        mask: (N, T_max) bool, True where there is a row.
        count: S where it is known. Without any padding the rows are then a view of the
            batch, and the device need not be asked how many there are.
    """
    return padded.flatten(0, 1) if count == mask.numel() else padded[mask]


def front_order(mask: Tensor) -> tuple[Tensor, Tensor | None]:
    """How to bring the frames of each video to the front, for parts that read a sequence.

    Args:
        mask: (N, T) bool, True where there is a frame.

    Returns:
        Number of frames of each video, (N,) int64 on the CPU; and the order (N, T) int64 that
        puts them first, or None where they are.
    """
    on_host = mask.cpu()
    lengths = on_host.sum(dim=1)
    if torch.equal(on_host, torch.arange(mask.shape[1]) < lengths.unsqueeze(1)):
        return lengths, None
    return lengths, mask.logical_not().int().argsort(dim=1, stable=True)


def take_in_order(rows: Tensor, order: Tensor | None) -> Tensor:
    """Rows (N, T, D) in the order of :func:`front_order`; as they are where it is None."""
    if order is None:
        return rows
    return rows.gather(1, order.unsqueeze(-1).expand_as(rows))


def put_back(rows: Tensor, order: Tensor | None) -> Tensor:
    """Undoes :func:`take_in_order`."""
    return rows if order is None else take_in_order(rows, order.argsort(dim=1))


def masked_softmax(scores: Tensor, mask: Tensor) -> Tensor:
    """Softmax over the frames of each video, (N, T) to (N, T); 0 where there is no frame.

    A video without any frame gets zeros rather than NaN.
    """
    scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(dim=1).masked_fill(~mask, 0.0)


def uniform_weights(mask: Tensor, like: Tensor) -> Tensor:
    """1/T for each of the T frames of a video, 0 elsewhere: (N, T) bool to (N, T)."""
    weights = mask.to(like.dtype)
    return weights / weights.sum(dim=1, keepdim=True)


def full_precision(tensor: Tensor) -> torch.autocast:
    """Context without autocast on the tensor's device.

    Aggregation over frames costs next to nothing, and sums of many small weights in
    16 bits would lose what attention is about.
    """
    return torch.autocast(device_type=tensor.device.type, enabled=False)
