"""Cheap checks of media files: signatures, end markers, frame counts."""
from __future__ import annotations

import os
from pathlib import Path

from mmfer.errors import MediaError

TAIL_BYTES = 1024
PNG = b'\x89PNG\r\n\x1a\n'
JPEG = b'\xff\xd8\xff'
LFS_POINTER = b'version https://'
"""First bytes of the text that stands for a file of Git LFS until it is fetched."""
FETCH = 'a Git LFS pointer, not the file itself; run "git lfs pull" in the corpus'


def image_problem(path: Path) -> str:
    """Why an image cannot be whole, or '' where nothing speaks against it.

    Looks at the first and last bytes only: an end marker must be there (PNG, JPEG), or the
    size that the header gives (BMP, WebP). Trailing bytes after the end are allowed.
    """
    try:
        with open(path, 'rb') as f:
            head = f.read(16)
            size = f.seek(0, os.SEEK_END)
            f.seek(max(0, size - TAIL_BYTES))
            tail = f.read()
    except OSError as error:
        return f'cannot be read ({error.strerror})'
    if not head:
        return 'empty file'
    if head.startswith(PNG):
        whole = b'IEND\xaeB`\x82' in tail
    elif head.startswith(JPEG):
        whole = b'\xff\xd9' in tail
    elif head.startswith(b'BM'):
        whole = size >= int.from_bytes(head[2:6], 'little')
    elif head.startswith(b'RIFF') and head[8:12] == b'WEBP':
        whole = size >= 8 + int.from_bytes(head[4:8], 'little')
    elif head.startswith((b'II*\0', b'MM\0*')):
        whole = True  # a TIFF's directory may lie anywhere, decoding tells
    else:
        return FETCH if head == LFS_POINTER else 'not a PNG, JPEG, BMP, WebP or TIFF image'
    return '' if whole else 'truncated image'


def count_video_frames(path: Path) -> int:
    """Number of frames of a video, by decord, or by PyAV where decord has no wheel.

    Raises:
        MediaError: naming the file, where it cannot be opened or has no frame.
    """
    try:
        count = _count(path)
    except MediaError:
        raise
    except Exception as error:  # decoders raise types of their own
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise MediaError(f'{path}: cannot be opened as a video: '
                         f'{FETCH if _is_pointer(path) else reason[-1]}') from error
    if count < 1:
        raise MediaError(f'{path}: a video without frames')
    return count


def _is_pointer(path: Path) -> bool:
    try:
        with open(path, 'rb') as f:
            return f.read(len(LFS_POINTER)) == LFS_POINTER
    except OSError:
        return False


def _count(path: Path) -> int:
    try:
        import decord
    except ImportError:
        return _count_by_pyav(path)
    return len(decord.VideoReader(str(path), num_threads=1))


def _count_by_pyav(path: Path) -> int:
    try:
        import av
    except ImportError as error:
        raise MediaError(f'{path}: reading videos needs decord or PyAV; run "pip install '
                         'decord" or "pip install av"') from error
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))
