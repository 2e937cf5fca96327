"""Videos with frames or regions taken away, of the same length and division into clips.

Heads that join a fixed number of frames, and methods that take clips of fixed length, need
T as it is. So nothing is cut out: something else takes its place.

Shape legend: T sampled frames, U distinct ones, V versions of a video, H and W pixels.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mmfer.structures import PackedFrames

FRAME_FILLS = ('nearest', 'mean')
"""What takes the place of a frame: the nearest kept frame, or the mean of all frames."""
REGION_FILLS = ('blur', 'mean')
"""What takes the place of a region: itself blurred, or the mean colour of the frame."""

Flags = NDArray[np.bool_]


def frame_sources(kept: Flags, numbers: NDArray[np.int64], fill: str) -> NDArray[np.int64]:
    """Which frame stands in the place of each.

    Args:
        kept: (V, U) bool, the frames that each version keeps.
        numbers: (U,) frame numbers.
        fill: ``'nearest'``: the kept frame with the nearest number, of two the earlier one.
            ``'mean'``: the mean frame, U.

    Returns:
        (V, U), 0 to U - 1, or U for the mean frame.

    Raises:
        ValueError: A version keeps no frame, and the nearest one is asked for.
    """
    versions, count = kept.shape
    own = np.broadcast_to(np.arange(count), kept.shape)
    if fill == 'mean':
        return np.where(kept, own, count)
    if not kept.any(1).all():
        raise ValueError("a version keeps no frame, so there is no nearest one; use fill='mean'")
    # halves, so that of two equally near frames the earlier one is nearer
    distances = np.abs(numbers[:, None] - numbers[None]) + .5 * (numbers[None] > numbers[:, None])
    sources = np.empty((versions, count), np.int64)
    for version in range(versions):
        sources[version] = np.where(kept[version], distances, np.inf).argmin(1)
    return np.where(kept, own, sources)


def without_frames(inputs: PackedFrames, kept: Flags, numbers: NDArray[np.int64], fill: str,
                   most_rows: int = 16384) -> Iterator[PackedFrames]:
    """Versions of a video without some frames, as batches of videos over the same frames.

    A frame that was sampled several times is taken away everywhere. Every distinct frame is
    encoded once per batch, however many versions there are: the trunk sees single frames,
    so this equals encoding each version anew.

    Args:
        inputs: One video.
        kept: (V, U) bool, the distinct frames that each version keeps.
        numbers: (U,) their frame numbers.
        fill: See :func:`frame_sources`.
        most_rows: Sampled frames in a batch at most, which bounds the memory.
    """
    sources = torch.from_numpy(frame_sources(kept, numbers, fill))
    frames = inputs.frames
    if fill == 'mean':
        mean = frames.float().mean(0, keepdim=True).round().to(torch.uint8)
        frames = torch.cat([frames, mean])
    gathers = sources[:, inputs.gather.cpu()]
    for part in gathers.split(max(1, most_rows // len(inputs.gather))):
        yield PackedFrames(frames, part.flatten(), inputs.lengths * len(part),
                           inputs.clips * len(part), _repeated(inputs.present, len(part)))


def region_mask(removed: Flags, size_px: tuple[int, int]) -> Flags:
    """Regions (..., h, w) as pixels (..., H, W); the regions share the frame evenly."""
    rows, columns = removed.shape[-2:]
    row_of = np.arange(size_px[0]) * rows // size_px[0]
    column_of = np.arange(size_px[1]) * columns // size_px[1]
    return removed[..., row_of[:, None], column_of]


def filled_frames(frames: Tensor, fill: str, regions: tuple[int, int]) -> Tensor:
    """What the regions are filled from: frames (U, 3, H, W) uint8, blurred or even.

    The blur is Gaussian, with half a region as its standard deviation: it takes away what a
    region shows, keeps its colour and makes no edges of its own.
    """
    if fill == 'mean':
        means = frames.float().mean((2, 3), keepdim=True).round().to(torch.uint8)
        return means.expand_as(frames)
    height, width = frames.shape[2:]
    spread = max(height / regions[0], width / regions[1]) / 2
    blurred = [cv2.GaussianBlur(image, (0, 0), spread)
               for image in frames.permute(0, 2, 3, 1).contiguous().numpy()]
    return torch.from_numpy(np.stack(blurred)).permute(0, 3, 1, 2)


def without_regions(inputs: PackedFrames, removed: Callable[[int], Flags], versions: int,
                    fill: str, regions: tuple[int, int],
                    most_frames: int = 256) -> Iterator[PackedFrames]:
    """Versions of a video without some regions, in batches of few enough frames.

    Args:
        inputs: One video, its frames on the CPU.
        removed: For each version (U, h, w) bool, the regions taken away.
        versions: V.
        fill: One of :data:`REGION_FILLS`.
        regions: h and w.
        most_frames: Frames in a batch at most, which bounds the memory; at least a video.
    """
    frames, count = inputs.frames, len(inputs.frames)
    size_px = (frames.shape[2], frames.shape[3])
    filled = filled_frames(frames, fill, regions)
    at_once = max(1, most_frames // count)
    for first in range(0, versions, at_once):
        part = range(first, min(first + at_once, versions))
        masks = np.stack([region_mask(removed(version), size_px) for version in part])
        mixed = torch.where(torch.from_numpy(masks).unsqueeze(2), filled, frames)
        offsets = torch.arange(len(part)).unsqueeze(1) * count
        yield PackedFrames(mixed.flatten(0, 1), (offsets + inputs.gather.cpu()).flatten(),
                           inputs.lengths * len(part), inputs.clips * len(part),
                           _repeated(inputs.present, len(part)))


def _repeated(present: Tensor | None, times: int) -> Tensor | None:
    return None if present is None else present.repeat(times)
