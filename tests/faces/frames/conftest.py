"""Videos of all kinds, made on the spot, whose frames tell their numbers."""
from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

RNG = np.random.default_rng(0)
TEXTURE = RNG.integers(0, 160, (48, 64, 3), dtype=np.uint8)


def numbered_image(number: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    """(H, W, 3) uint8 RGB: texture that moves, and a left half as bright as the number tells."""
    image = np.roll(cv2.resize(TEXTURE, size), 7 * number, axis=0)
    image[:, :size[0] // 2] = 20 + 4 * number
    return image


def number_of(image: np.ndarray) -> int:
    """The number that an image, perhaps compressed, tells."""
    return round((image[8:-8, 8:image.shape[1] // 2 - 8].mean() - 20) / 4)


def write_video(path: Path, images: Sequence[np.ndarray], codec: str = 'libx264',
                pix_fmt: str = 'yuv420p', stamps: Sequence[int] | None = None,
                time_base: Fraction | None = None, sound: bool = False,
                container_options: dict[str, str] | None = None, **options: str) -> Path:
    """Encodes images at 25 Hz, or with time stamps in units of a time base."""
    av = pytest.importorskip('av')
    with av.open(str(path), 'w', options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = pix_fmt
        if time_base is not None:
            stream.codec_context.time_base = time_base
        if sound:
            add_sound(container, 2.5)
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format='rgb24')
            if stamps is not None:
                frame.pts, frame.time_base = stamps[index], time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def add_sound(container: object, duration_s: float) -> None:
    """Silence."""
    import av
    stream = container.add_stream('aac', rate=8000)
    frame = av.AudioFrame.from_ndarray(np.zeros((1, int(8000 * duration_s)), np.float32), 'fltp',
                                       'mono')
    frame.sample_rate = 8000
    container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Writes a display matrix into the track header of an MP4 (ISO 14496-12, 8.3.2)."""
    content = bytearray(path.read_bytes())
    at = content.index(b'tkhd') + 4 + 40
    values = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    content[at:at + 36] = b''.join(value.to_bytes(4, 'big', signed=True) for value in values)
    path.write_bytes(content)
