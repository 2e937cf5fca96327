"""Finding a frame of a video by its number without decoding all before it.

A number is a position in the order of display, and files tell time stamps only, so the time
stamps of all encoded frames are read first, which is quick: nothing is decoded. Decoding then
starts at a key frame before the wanted one, and every frame on the way there has to have the
time stamp that it should. Where one has not, or a codec has frames that are never shown,
decoding starts at the first frame.
"""
from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import MediaError
from mmfer.faces.frames.decoding import Video, open_video

__all__ = ['Timeline', 'numbered_frames', 'read_timeline']

# codecs of which each packet shows one frame
_PLAIN = frozenset({'h264', 'hevc', 'mpeg4', 'mpeg2video', 'mpeg1video', 'mjpeg', 'ffv1', 'vp9',
                    'av1', 'prores', 'png', 'huffyuv', 'rawvideo', 'h263', 'flv1'})
# key frames to try: the first frames after one may need some from before it
_TRIES = 2


@dataclass(frozen=True)
class Timeline:
    """Time stamps of a video, in units of its time base.

    Attributes:
        stamps: (T,) int64, of all frames, ascending.
        keys: (K,) int64, of those with which decoding may start, ascending.
    """

    stamps: NDArray[np.int64]
    keys: NDArray[np.int64]


def read_timeline(path: Path) -> Timeline | None:
    """Time stamps of all frames; None where they do not tell the frames' numbers.

    Raises:
        MediaError: The file cannot be opened.
    """
    import av
    stamps, keys = [], []
    with open_video(path) as video:
        if video.stream.codec_context.name not in _PLAIN:
            return None
        try:
            for packet in video.container.demux(video.stream):
                if not packet.size or packet.is_discard:
                    continue
                if packet.pts is None:
                    return None
                stamps.append(packet.pts)
                if packet.is_keyframe:
                    keys.append(packet.pts)
        except av.error.FFmpegError:
            pass  # the frames before the damage can be found
    timeline = Timeline(np.unique(np.array(stamps, np.int64)), np.unique(np.array(keys, np.int64)))
    if len(timeline.stamps) < len(stamps) or not len(timeline.keys):
        return None
    with open_video(path) as video:
        first = next(video.frames(), None)
    return timeline if first is not None and first.pts == timeline.stamps[0] else None


def numbered_frames(path: Path, number: int,
                    timeline: Timeline | None) -> Iterator[tuple[int, Any, int | None]]:
    """Decoded frames from a number on: number, frame, and the first frame's time stamp.

    Raises:
        MediaError: See :meth:`Video.frames`.
    """
    if timeline is not None and number <= len(timeline.stamps):
        wanted = timeline.stamps[number - 1]
        for key in timeline.keys[timeline.keys <= wanted][:-_TRIES - 1:-1]:
            with open_video(path) as video:
                frames = _from_key(video, timeline, int(key), number)
                if frames is not None:
                    start = int(timeline.stamps[0])
                    yield from ((at, frame, start) for at, frame in enumerate(frames, number))
                    return
    with open_video(path) as video:
        first = None
        for at, frame in enumerate(video.frames(), 1):
            first = frame.pts if at == 1 else first
            if at >= number:
                yield at, frame, first


def _from_key(video: Video, timeline: Timeline, key: int, number: int) -> Iterator[Any] | None:
    """Frames from a number on, decoded from a key frame before it; None where that fails."""
    import av
    place = None
    try:
        video.container.seek(key, stream=video.stream)
        frames = video.frames(int(timeline.stamps[0]))
        for frame in frames:
            if frame.pts is None:
                return None
            if place is None:
                if frame.pts < key:
                    continue
                place = int(np.searchsorted(timeline.stamps, key))
            if place == len(timeline.stamps) or frame.pts != timeline.stamps[place]:
                return None
            place += 1
            if place == number:
                return chain([frame], frames)
    except (av.error.FFmpegError, MediaError):
        pass
    return None
