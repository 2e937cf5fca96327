"""Which videos and frames a submission has to answer for, from the lists of the organisers."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmfer.annotations import VIDEO_SUFFIXES, Annotations
from mmfer.corpora.affwild2 import PERSON
from mmfer.corpora.media import count_video_frames
from mmfer.errors import PredictionError
from mmfer.evaluation.submission import location

__all__ = ['annotated_frames', 'count_frames', 'read_example', 'read_lengths', 'read_videos',
           'select_videos']

_LOCATION = re.compile(r'([^/\\]+)/(\d+)\.jpg')
_NAME = re.compile(r'[^/\\\0]+')

Wanted = dict[str, NDArray[np.int64]]
"""Frame numbers (n,) by video."""


def read_videos(path: str | os.PathLike[str]) -> list[str]:
    """Names of videos, one a line, as ``..._test_set_release.txt`` of the organisers has them.

    Raises:
        PredictionError: The file is missing or empty, or a line is no name or a repeated one.
    """
    names: list[str] = []
    for number, line in _lines(path):
        name = line[:-4] if line.lower().endswith('.txt') else line
        if not _NAME.fullmatch(name) or name in ('.', '..'):
            raise PredictionError(f'{path}: line {number}: {line!r} is no name of a video')
        names.append(name)
    _distinct(names, path)
    return names


def read_lengths(path: str | os.PathLike[str]) -> Wanted:
    """Frames of each video from lines ``video,frames``; a first line without a number is skipped.

    Raises:
        PredictionError: The file is missing or empty, or a line is malformed.
    """
    entries: list[tuple[str, int]] = []
    for place, (number, line) in enumerate(_lines(path)):
        name, _, count = (part.strip() for part in line.rpartition(','))
        if not count.isdecimal() or not count.isascii():
            if place == 0:
                continue
            raise PredictionError(f'{path}: line {number}: {line!r} is not "video,frames"')
        if not _NAME.fullmatch(name) or not 0 < int(count) < 10**7:
            raise PredictionError(f'{path}: line {number}: {line!r} is not "video,frames", with '
                                  'at least one frame')
        entries.append((name, int(count)))
    if not entries:
        raise PredictionError(f'{path}: no video is listed; each line is "video,frames"')
    _distinct([name for name, _ in entries], path)
    return {name: np.arange(1, count + 1) for name, count in entries}


def read_example(path: str | os.PathLike[str]) -> Wanted:
    """Frames of each video from the organisers' example file of image locations.

    Its first line is the header, each further line ``<video>/<00001>.jpg,``; what stands
    behind the comma does not matter.

    Raises:
        PredictionError: The file is missing or empty, a line is malformed, or the lines of a
            video are not together.
    """
    found: dict[str, list[int]] = {}
    last = None
    for place, (number, line) in enumerate(_lines(path)):
        text = line.split(',', 1)[0].strip()
        match = _LOCATION.fullmatch(text)
        if match is None or location(match[1], int(match[2])) != text or int(match[2]) < 1:
            if place == 0:
                continue
            raise PredictionError(f'{path}: line {number}: {line!r} is not '
                                  f'"{location("<video>", 1)},"')
        if match[1] != last and match[1] in found:
            raise PredictionError(f'{path}: line {number}: the lines of video {match[1]!r} are '
                                  'not together')
        last = match[1]
        found.setdefault(last, []).append(int(match[2]))
    if not found:
        raise PredictionError(f'{path}: no image is listed; give the example file of the test set')
    wanted = {}
    for video, numbers in found.items():
        wanted[video] = np.array(numbers, np.int64)
        if (np.diff(wanted[video]) <= 0).any():
            raise PredictionError(f'{path}: the frames of video {video!r} are not ascending')
    return wanted


def count_frames(folder: str | os.PathLike[str], videos: Iterable[str]) -> Wanted:
    """Frames of each video, counted in the original videos below a folder.

    ``_left`` and ``_right`` are two people of one video.

    Raises:
        PredictionError: A video is not there, or there are two of its name.
        MediaError: One cannot be opened.
    """
    files: dict[str, list[Path]] = {}
    for path in sorted(Path(folder).rglob('*')):
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file():
            files.setdefault(path.stem, []).append(path)
    counts: dict[Path, int] = {}
    wanted = {}
    for video in videos:
        person = PERSON.fullmatch(video)
        found = files.get(video) or files.get(person[1] if person else video, [])
        if len(found) != 1:
            raise PredictionError(f'{folder}: {len(found)} videos {video!r}; there must be one')
        if found[0] not in counts:
            counts[found[0]] = count_video_frames(found[0])
        wanted[video] = np.arange(1, counts[found[0]] + 1)
    return wanted


def annotated_frames(annotations: Annotations) -> Wanted:
    """Frames of each clip of an annotation file: up to the last label or the last present one."""
    wanted = {}
    for row in annotations.rows:
        last = max(row['frame_numbers'], default=0) if 'frame_numbers' in row else row['num_frames']
        wanted[row['clip']] = np.arange(1, max(last, len(row.get('frame_labels', ()))) + 1)
    return wanted


def select_videos(wanted: Mapping[str, NDArray[np.int64]], videos: Iterable[str],
                  where: str) -> Wanted:
    """The frames of the listed videos, in the order of the list.

    Args:
        wanted: Frames by video.
        videos: Names.
        where: Where the frames come from, for messages.

    Raises:
        PredictionError: A video is not in ``wanted``, or has no frame.
    """
    names = list(videos)
    lacking = [name for name in names if name not in wanted or not len(wanted[name])]
    if lacking:
        raise PredictionError(f'{where}: does not tell how many frames video {lacking[0]!r} has '
                              f'({len(lacking)} of {len(names)} videos)')
    return {name: np.asarray(wanted[name]) for name in names}


def _lines(path: str | os.PathLike[str]) -> list[tuple[int, str]]:
    """The lines that are not blank, with their numbers."""
    try:
        text = Path(path).read_text(encoding='utf-8-sig')
    except OSError as error:
        raise PredictionError(f'{path}: cannot be read ({error.strerror})') from error
    except UnicodeDecodeError as error:
        raise PredictionError(f'{path}: not a text in UTF-8') from error
    lines = [(number, line.strip()) for number, line in enumerate(text.split('\n'), start=1)
             if line.strip()]
    if not lines:
        raise PredictionError(f'{path}: is empty')
    return lines


def _distinct(names: list[str], path: str | os.PathLike[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise PredictionError(f'{path}: video {name!r} is listed twice')
        seen.add(name)
