"""Decoding of encoded images, for every part that reads pictures."""
from __future__ import annotations

import cv2
import mmcv
import numpy as np

__all__ = ['decode_image']


def decode_image(content: bytes) -> np.ndarray:
    """Decodes an encoded image; grey ones get three equal channels, 16 bits become 8.

    What a camera notes about its orientation is applied; transparency is dropped.

    Returns:
        (H, W, 3) uint8 RGB.

    Raises:
        ValueError: The content is empty, truncated or no image.
    """
    if not content:
        raise ValueError('is empty')
    if content[:2] == b'\xff\xd8' and not _jpeg_is_whole(content):
        raise ValueError('is a truncated JPEG')
    try:
        return mmcv.imfrombytes(content, flag='color', channel_order='rgb', backend='cv2')
    except cv2.error as error:
        raise ValueError('is truncated or not an image') from error


def _jpeg_is_whole(content: bytes) -> bool:
    # Some versions of OpenCV fill what is missing with grey and only warn. The end marker
    # can occur earlier in an embedded thumbnail, so look behind the header's segments.
    if content.endswith(b'\xff\xd9'):
        return True
    at = 2
    while content[at:at + 1] == b'\xff' and content[at + 1:at + 2] != b'\xda':
        at += 2 + int.from_bytes(content[at + 2:at + 4], 'big')
    return content.rfind(b'\xff\xd9', at) >= 0
