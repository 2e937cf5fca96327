from __future__ import annotations

import cv2
import numpy as np
import pytest

from mmfer.images import decode_image

NOISE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


def test_truncated_jpeg_with_a_whole_thumbnail() -> None:
    def encoded(image: np.ndarray) -> bytes:
        return cv2.imencode('.jpg', image)[1].tobytes()

    thumbnail = encoded(NOISE[:8, :8])
    segment = b'\xff\xe1' + (len(thumbnail) + 2).to_bytes(2, 'big') + thumbnail
    whole = encoded(NOISE)
    whole = whole[:2] + segment + whole[2:]
    assert decode_image(whole).shape == NOISE.shape
    assert decode_image(whole + b'padding').shape == NOISE.shape
    with pytest.raises(ValueError, match='truncated JPEG'):
        decode_image(whole[:-40])


@pytest.mark.parametrize('content', [b'', b'text, not an image', b'\xff\xd8', b'\x89PNG\r\n'])
def test_other_content(content: bytes) -> None:
    with pytest.raises(ValueError, match='is empty|is a truncated JPEG|is truncated or not'):
        decode_image(content)


def test_transparency_is_dropped() -> None:
    alpha = np.dstack([NOISE[..., ::-1], NOISE[..., :1]])
    assert np.array_equal(decode_image(cv2.imencode('.png', alpha)[1].tobytes()), NOISE)


def test_orientation_is_applied() -> None:
    # an APP1 segment with one EXIF entry: orientation (0x0112) 6, to be shown turned clockwise
    exif = (b'Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0')
    smooth = cv2.GaussianBlur(NOISE, (0, 0), 4)
    plain = cv2.imencode('.jpg', smooth)[1].tobytes()
    segment = b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif
    turned = decode_image(plain[:2] + segment + plain[2:])
    assert np.array_equal(turned, np.rot90(decode_image(plain), -1))
