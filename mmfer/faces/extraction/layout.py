"""Where things lie in an output folder."""
from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SETTINGS = 'faces.json'
FAILURES = 'failures.json'
LEDGER = 'ledger.parquet'
_WORK = '.work'
_SUFFIX = '.parquet'
DESKTOP_PREFIX = '._'
"""Of what desktops leave beside each file on foreign disks."""


@dataclass(frozen=True)
class Layout:
    """The paths of one output folder.

    Attributes:
        out: The folder.
    """

    out: Path

    @property
    def settings(self) -> Path:
        """Settings and their hash."""
        return self.out / SETTINGS

    @property
    def failures(self) -> Path:
        """Clips that failed, with reasons."""
        return self.out / FAILURES

    @property
    def merged(self) -> Path:
        """The ledger of all clips."""
        return self.out / LEDGER

    @property
    def ledgers(self) -> Path:
        """Folder of the clips' ledgers."""
        return self.out / 'ledger'

    @property
    def work(self) -> Path:
        """Folder of what is not finished."""
        return self.out / _WORK

    def crops(self, clip: str) -> Path:
        """Folder of a clip's crops."""
        return self.out / 'crops' / clip

    def ledger(self, clip: str) -> Path:
        """Ledger of a clip."""
        return self.ledgers / f'{clip}{_SUFFIX}'

    def unfinished(self, clip: str) -> Path:
        """Folder in which a clip is worked on."""
        return self.work / 'clips' / clip

    def failure(self, clip: str) -> Path:
        """Why a clip failed, also one whose name is too long for a file."""
        return self.work / 'failures' / f'{hashlib.sha256(clip.encode()).hexdigest()}.json'

    def finished(self) -> Iterator[tuple[str, Path]]:
        """Clips that have a ledger, sorted, and that ledger."""
        found = ((path.relative_to(self.ledgers).as_posix()[:-len(_SUFFIX)], path)
                 for path in self.ledgers.rglob(f'*{_SUFFIX}')
                 if not path.name.startswith(DESKTOP_PREFIX))
        return iter(sorted(found))

    def failed(self) -> list[Path]:
        """The records of clips that failed, sorted."""
        return sorted((self.work / 'failures').glob('*.json'))
