"""Frames of a video file."""
from __future__ import annotations

from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import Any

from mmfer.errors import MediaError
from mmfer.faces.frames.decoding import open_video
from mmfer.faces.frames.seeking import Timeline, numbered_frames, read_timeline
from mmfer.faces.frames.source import FrameSource
from mmfer.faces.frames.upright import make_upright
from mmfer.faces.structures import VideoFrame

__all__ = ['VideoSource']


class VideoSource(FrameSource):
    """A video file, decoded by PyAV as it is read.

    Args:
        path: The file.
        name: See :class:`FrameSource`.

    Raises:
        MediaError: The file is missing, empty, no video, or has sound only.
    """

    def __init__(self, path: Path, name: str) -> None:
        with open_video(path) as video:
            super().__init__(name, video.rate_hz, video.count)
        self._path = path

    @cached_property
    def _timeline(self) -> Timeline | None:
        return read_timeline(self._path)

    def _read(self, number: int) -> Generator[VideoFrame, None, None]:
        from av.video.reformatter import VideoReformatter
        timeline = self._timeline if number > 1 else None
        converter = VideoReformatter()  # one for all frames takes half the time
        at = 0
        for at, frame, first in numbered_frames(self._path, number, timeline):
            image = make_upright(converter.reformat(frame, format='rgb24').to_ndarray(),
                                 _display_matrix(frame))
            if frame.pts is None or first is None:
                time_s = self._time_s(at)
            else:
                time_s = float((frame.pts - first) * frame.time_base)
            yield VideoFrame(image, at, time_s)
        if number == 1 and not at:
            raise MediaError(f'{self._path} has no frame that can be decoded; copy or encode it '
                             'again')


def _display_matrix(frame: Any) -> bytes | None:
    data = frame.side_data.get('DISPLAYMATRIX')
    return None if data is None else bytes(data)
