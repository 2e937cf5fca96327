"""Opening a video with PyAV, and decoding it up to where it is damaged."""
from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from mmfer.errors import MediaError

__all__ = ['Video', 'open_video']

# Formats that hold their pictures themselves. FFmpeg knows others that name further files and
# addresses (HLS, DASH, concat), by which a video from elsewhere could have those read.
_FORMATS = ('mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,flv,live_flv,mpegts,mpeg,mpegvideo,asf,'
            'asf_o,ogg,h264,hevc,m4v,ivf,nut,mxf,dv,yuv4mpegpipe,gif,rm,wtv')
# How much may be missing at the end before a file counts as cut off. A stream's own duration
# is exact but for rounding; the duration of the whole file may be that of its sound, and some
# recorders write a wrong number of frames.
_MISSING_FRAMES = 1.5
_MISSING_SHARE = 0.05


@dataclass(frozen=True)
class Video:
    """An open video file.

    Attributes:
        path: The file.
        container: PyAV's container.
        stream: The stream of pictures in it.
    """

    path: Path
    container: Any
    stream: Any

    @property
    def rate_hz(self) -> float | None:
        """Frames per second on average, where the file tells."""
        rate = self.stream.average_rate or self.stream.guessed_rate
        return float(rate) if rate else None

    @property
    def count(self) -> int | None:
        """Number of frames by the header, or about, by duration and rate."""
        if self.stream.frames:
            return int(self.stream.frames)
        start = self.stream.start_time or 0
        end_s, _ = self._end_s(start)
        if end_s is None or self.rate_hz is None:
            return None
        return round((end_s - self._seconds(start)) * self.rate_hz)

    def frames(self, first: int | None = None) -> Iterator[Any]:
        """Decoded frames in the order in which they are shown.

        Args:
            first: Lowest time stamp of the file, where the container was sent elsewhere.

        Raises:
            MediaError: After the last frame before a damage, or after the last of a file that
                ends before it should.
        """
        import av
        shown = None
        try:
            for packet in self._packets(first):
                for frame in packet.decode():
                    shown = frame.pts
                    yield frame
        except (av.error.FFmpegError, EOFError) as error:
            try:  # what the decoder holds back to put frames in order
                yield from self.stream.codec_context.decode(None)
            except av.error.FFmpegError:
                pass
            where = 'at its start' if shown is None else f'at {float(self._seconds(shown)):.2f} s'
            reason = getattr(error, 'strerror', None) or str(error)
            raise MediaError(f'{self.path} is damaged or cut off {where} ({reason}); copy or '
                             'encode it again; the frames before that were read') from error

    def _packets(self, first: int | None) -> Iterator[Any]:
        """Encoded frames, then an empty packet, by which the decoder gives what it holds."""
        last, cut = None, False
        for packet in self.container.demux(self.stream):
            # in a transport stream it may also mean that something before it was lost
            if packet.is_corrupt and packet.size and self.container.format.name != 'mpegts':
                cut = True
                continue
            if packet.size and packet.pts is not None:
                end = packet.pts + (packet.duration or 0)
                first = packet.pts if first is None else min(first, packet.pts)
                last = end if last is None else max(last, end)
            yield packet
        if cut or self._is_short(first, last):
            raise EOFError('the file ends too early')

    def _is_short(self, first: int | None, last: int | None) -> bool:
        if first is None or last is None:
            return False
        end_s, exact = self._end_s(first)
        if end_s is None:
            return False
        allowed_s = (_MISSING_FRAMES / (self.rate_hz or 1) if exact
                     else max(1, _MISSING_SHARE * float(end_s)))
        return end_s - self._seconds(last) > allowed_s

    def _end_s(self, first: int) -> tuple[Fraction | None, bool]:
        """Time stamp at which pictures should end, and whether sound cannot have to do with it.

        MP4 notes a stream's duration, AVI its number of frames, which are its time stamps,
        Matroska the time stamp of its end, and FLV that of the whole file.
        """
        if self.container.format.name == 'avi':  # its duration is made up from the file's size
            return self._seconds(self.stream.frames), False
        if self.stream.duration:
            return self._seconds(first + self.stream.duration), True
        noted = self.stream.metadata.get('DURATION', '')  # hours:minutes:seconds
        try:
            hours, minutes, seconds = map(Fraction, noted.split(':'))
        except ValueError:
            pass
        else:
            return 3600 * hours + 60 * minutes + seconds, True
        whole = self.container.duration
        alone = len(self.container.streams) == 1
        return (Fraction(whole, 10**6) if whole else None), alone

    def _seconds(self, stamp: int) -> Fraction:
        return stamp * self.stream.time_base


@contextmanager
def open_video(path: Path) -> Iterator[Video]:
    """Opens a file and finds its stream of pictures.

    Raises:
        MediaError: The file is missing, empty, no video, cut off before its index, or has sound
            only; or PyAV is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise MediaError(f'{path}: raw videos are read by PyAV; run pip install '
                         'mmfer[faces]') from error
    if not path.is_file():
        raise MediaError(f'{path} does not exist; correct the path')
    if not path.stat().st_size:
        raise MediaError(f'{path} is empty; copy it again')
    try:
        # An absolute path is never taken for the address of something else. Given to streams too
        # (`options`), these crash PyAV below 18 on FLV, which finds its streams late.
        container = av.open(os.path.abspath(path), container_options={
            'protocol_whitelist': 'file', 'format_whitelist': _FORMATS})
    except (av.error.FFmpegError, OSError) as error:
        raise MediaError(f'{path} is not a video, or cut off ({error.strerror}); copy or encode '
                         'it again') from error
    with container:
        covers = av.stream.Disposition.attached_pic
        streams = [stream for stream in container.streams.video
                   if covers not in stream.disposition]
        if not streams:
            raise MediaError(f'{path} has no video, only sound; give a file with pictures')
        yield Video(path, container, streams[0])
