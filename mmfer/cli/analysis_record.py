"""What lies in the folder of a video's results, and the record that says that all of it does."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmfer.cli.common import readable
from mmfer.errors import ConfigError

__all__ = ['RECORD', 'REPORT', 'VIDEO', 'check_folder', 'clear_results', 'is_finished',
           'source_facts']

RECORD, VIDEO, REPORT = 'analysis.json', 'annotated.mp4', 'report.html'
_RESULT = re.compile(rf'{re.escape(VIDEO)}|{re.escape(REPORT)}|timeline_[0-9]+\.(?:csv|json)')


def check_folder(folder: Path, video: Path) -> None:
    """Makes sure that results in a folder replace neither the video nor those of another one.

    Args:
        folder: For the results; need not exist.
        video: A file, or a folder of frames.

    Raises:
        ConfigError: Results would lie among the frames, replace the video, or take the place of
            those of another video; or there is a file where the folder would be.
    """
    source, place = video.resolve(), folder.resolve()
    if place.is_relative_to(source) or (source.parent == place and _RESULT.fullmatch(source.name)):
        raise ConfigError(f'the results in {folder} would lie among the frames of {video}, or '
                          'replace it; give another --out')
    if place.exists() and not place.is_dir():
        raise ConfigError(f'{folder}, where the results belong, is a file; give another --out, or '
                          'move it')
    record = _read_record(folder)
    if record is not None and record['video'] != readable(source):
        raise ConfigError(f'{folder} holds the results of {record["video"]}; give another --out '
                          f'for {video} or, if it is the same video in another place or the '
                          'results are needed no more, delete that folder')


def is_finished(folder: Path, facts: Mapping[str, Any]) -> bool:
    """Whether a folder holds all results of the same video and settings.

    Args:
        folder: Of the results.
        facts: Everything that decides them, as JSON; the record has it as ``made_of``.
    """
    record = _read_record(folder)
    return record is not None and record['made_of'] == facts and all(
        (folder / name).is_file() for name in record['files'])


def _read_record(folder: Path) -> dict[str, Any] | None:
    """The record; None where there is none, or something else of its name."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding='utf-8'))
        whole = (isinstance(record['video'], str) and isinstance(record['made_of'], dict)
                 and all(isinstance(name, str) for name in record['files']))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return record if whole else None


def clear_results(folder: Path) -> None:
    """Removes what an earlier run has left, before the first new result is written.

    The record goes first: from then on nothing claims to be finished until a new one is written.
    Without this a run that is broken off would leave its files under the record of another, and
    people or a video that are not there any more would seem to belong to the new results.
    """
    (folder / RECORD).unlink(missing_ok=True)
    if folder.is_dir():
        for path in folder.iterdir():
            if _RESULT.fullmatch(path.name):
                path.unlink()


def source_facts(path: Path) -> dict[str, Any]:
    """What tells whether a video has changed."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    stats = [file.stat() for file in files if file.is_file()]
    return dict(files=len(stats), bytes=sum(stat.st_size for stat in stats),
                changed_ns=max((stat.st_mtime_ns for stat in stats), default=0))
