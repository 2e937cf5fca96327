"""From a list of images to one tensor."""
from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform

from mmfer.errors import MediaError
from mmfer.registry import TRANSFORMS

__all__ = ['FormatFrames', 'stack_frames']


def stack_frames(imgs: list[np.ndarray] | np.ndarray) -> torch.Tensor:
    """Turns (H, W, 3) uint8 images into one contiguous (U, 3, H, W) uint8 tensor.

    Args:
        imgs: A list, which is emptied, or a (U, H, W, 3) array, whose memory the tensor
            takes over: two copies of a long video never exist.

    Raises:
        MediaError: The images differ in size.
    """
    height, width = imgs[0].shape[:2]
    if isinstance(imgs, np.ndarray) and imgs.flags.c_contiguous:
        frames = imgs.reshape(len(imgs), 3, height, width)
        image = np.empty_like(imgs[0])
        for frame, img in zip(frames, imgs):
            np.copyto(image, img)  # for the planes take the image's place
            cv2.split(image, list(frame))
        return torch.from_numpy(frames)
    imgs = list(imgs) if isinstance(imgs, np.ndarray) else imgs
    frames = np.empty((len(imgs), 3, height, width), dtype=np.uint8)
    for frame in frames[::-1]:
        img = imgs.pop()
        if img.shape[:2] != (height, width):
            raise MediaError(
                f'frames of one clip are {width}x{height} and '
                f'{img.shape[1]}x{img.shape[0]} pixels; bring them to one size with '
                'LoadFrames(size=(w, h))')
        cv2.split(img, list(frame))
    return torch.from_numpy(frames)


@TRANSFORMS.register_module()
class FormatFrames(BaseTransform):
    """Makes ``imgs`` a (U, 3, H, W) uint8 tensor of the distinct frames of a sample."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Formats one sample."""
        results['imgs'] = stack_frames(results.pop('imgs'))
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return 'FormatFrames()'
