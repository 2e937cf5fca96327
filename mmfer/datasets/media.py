"""Decoding of frames: single images and videos, from files or from a pack.

Every frame is (H, W, 3) uint8 RGB. Numbers are those of :mod:`mmfer.annotations`: the
decoders take a number in a file name or a 0-based position in a video.
"""
from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import numpy as np

from mmfer.errors import ConfigError, MediaError
from mmfer.images import decode_image
from mmfer.storage import FILES, FrameStore

__all__ = ['VIDEO_BACKENDS', 'choose_video_backend', 'read_image', 'read_video']

VIDEO_BACKENDS = ('auto', 'decord', 'pyav')
# frames decoded at once: bounds the memory of long videos that are made smaller
_BATCH = 32


def read_image(path: str, store: FrameStore = FILES) -> np.ndarray:
    """Reads one image file.

    Args:
        path: The file; in a pack below the pack's folder, or relative to it.
        store: Where it lies.

    Raises:
        MediaError: The file is missing, empty, truncated or no image; names it.
        StorageError: The pack is damaged.
    """
    content = store.read(path)
    try:
        return decode_image(content)
    except ValueError as error:
        raise MediaError(
            f'{path} {error}; extract this frame again, or list the frames that can be used '
            'in the field frame_numbers of the annotation file') from error


@cache
def choose_video_backend(backend: str) -> str:
    """Resolves ``'auto'``: decord where it is installed, PyAV otherwise.

    Raises:
        ConfigError: The backend is unknown or not installed.
    """
    if backend not in VIDEO_BACKENDS:
        raise ConfigError(f'video backend {backend!r} does not exist; choose one of '
                          f'{", ".join(VIDEO_BACKENDS)}')
    modules = {'decord': 'decord', 'pyav': 'av'}
    wanted = modules if backend == 'auto' else {backend: modules[backend]}
    for name, module in wanted.items():
        if importlib.util.find_spec(module) is not None:
            return name
    raise ConfigError(f'no module {" or ".join(wanted.values())} to decode videos with; '
                      'run pip install av (or decord, where it has a wheel)')


def read_video(path: str, positions: Iterable[int], backend: str = 'auto',
               store: FrameStore = FILES) -> Iterator[np.ndarray]:
    """Yields the frames at ascending 0-based positions of a video.

    Positions are exact, also between key frames. A video of a pack is decoded from memory.

    Args:
        path: Video file; in a pack below the pack's folder, or relative to it.
        positions: Ascending, without repetitions.
        backend: One of :data:`VIDEO_BACKENDS`.
        store: Where it lies.

    Raises:
        MediaError: The file is missing, empty, truncated, no video, or too short.
        StorageError: The pack is damaged.
    """
    if not store.exists(path):
        raise MediaError(f'{path} does not exist; put the video back or correct the field '
                         'frames of the annotation file')
    decode = {'decord': _decord, 'pyav': _pyav}[choose_video_backend(backend)]
    wanted = list(positions)
    count = 0
    source = path if store is FILES else store.read(path)
    try:
        for frame in decode(source, wanted):
            yield frame
            count += 1
    except MediaError:
        raise
    except Exception as error:  # each library has errors of its own
        if not _is_decoding_error(error):
            raise
        raise MediaError(f'{path} is empty, truncated or not a video ({error}); encode it '
                         'again') from error
    if count < len(wanted):
        raise MediaError(f'{path} ends before frame number {wanted[count] + 1}; correct '
                         'num_frames in the annotation file, or restore the video')


def _is_decoding_error(error: Exception) -> bool:
    return type(error).__module__.split('.')[0] in ('decord', 'av') or isinstance(
        error, (OSError, RuntimeError, EOFError, IndexError))


def _decord(source: str | bytes, positions: list[int]) -> Iterator[np.ndarray]:
    import decord
    if source == b'':
        raise EOFError('no bytes')  # decord would try to open a file of this name
    reader = decord.VideoReader(_opened(source), ctx=decord.cpu(0), num_threads=1)
    positions = [position for position in positions if position < len(reader)]
    for start in range(0, len(positions), _BATCH):
        yield from reader.get_batch(positions[start:start + _BATCH]).asnumpy()


def _opened(source: str | bytes) -> str | io.BytesIO:
    return io.BytesIO(source) if isinstance(source, bytes) else source


def _pyav(source: str | bytes, positions: list[int]) -> Iterator[np.ndarray]:
    import av
    wanted: Any = iter(positions)
    target = next(wanted, None)
    with av.open(_opened(source)) as container:
        # decoded from the start: time stamps do not tell positions where rates vary
        for position, frame in enumerate(container.decode(video=0)):
            if position == target:
                yield frame.to_ndarray(format='rgb24')
                target = next(wanted, None)
            if target is None:
                return
