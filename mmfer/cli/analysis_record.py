"""What lies in the folder of a video's results, and the record that says whether it is all of them."""
from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ['RECORD', 'REPORT', 'VIDEO', 'clear_results', 'is_finished', 'source_facts']

RECORD, VIDEO, REPORT = 'analysis.json', 'annotated.mp4', 'report.html'
_RESULT = re.compile(rf'{re.escape(VIDEO)}|{re.escape(REPORT)}|timeline_[0-9]+\.(?:csv|json)')


def is_finished(folder: Path, facts: Mapping[str, Any]) -> bool:
    """Whether a folder holds all results of the same video and settings.

    Args:
        folder: Of the results.
        facts: Everything that decides them, as JSON; the record has it as ``made_of``.
    """
    try:
        record = json.loads((folder / RECORD).read_text(encoding='utf-8'))
        return record['made_of'] == facts and all(
            (folder / name).is_file() for name in record['files'])
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
