"""Reading the text lists in which corpora name their clips, one entry a line."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mmfer.annotations import Row
from mmfer.corpora.report import Report
from mmfer.errors import CorpusError
from mmfer.protocols import Division


@dataclass(frozen=True)
class Entry:
    """One entry of a list of clips.

    Attributes:
        where: File and line.
        clip: Id of the clip.
        label: Its canonical expression.
    """

    where: str
    clip: str
    label: str


def read_lines(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yields (file and line, fields) of a list; empty lines are skipped.

    Fields are separated by tabs where a line has one, else by commas, else by blanks. Some
    lists hold captions in other encodings than UTF-8: what cannot be decoded is escaped.

    Raises:
        CorpusError: the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f'{path}: cannot be read: {error.strerror}') from error
    text = data.decode('utf-8-sig', errors='backslashreplace')
    # bytes may stand for line ends of Unicode in another encoding: only newlines end a line
    for number, line in enumerate(text.replace('\r\n', '\n').split('\n'), start=1):
        delimiter = next((mark for mark in '\t,' if mark in line), None)
        fields = [field.strip() for field in line.split(delimiter)]
        if any(fields):
            yield f'{path.name} line {number}', fields


class Lists:
    """The parts of published splits, while their lists are read.

    Args:
        report: Grows by entries that contradict each other.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._labels: dict[str, str] = {}
        self._parts: dict[str, dict[str, list[str]]] = {}

    def add(self, split: str, part: str, entries: Iterable[Entry]) -> None:
        """Takes in one list.

        Args:
            split: Name of the split, such as ``fold1``.
            part: ``train``, ``selection`` or ``test``.
            entries: Of the list.
        """
        clips = self._parts.setdefault(split, {}).setdefault(part, [])
        seen = set(clips)
        for entry in entries:
            known = self._labels.setdefault(entry.clip, entry.label)
            if known != entry.label:
                self._report.add(f'{split}/{part}, {entry.where}', f'clip {entry.clip!r} is '
                                 f'{entry.label}, but {known} in another list; {known} is kept')
            if entry.clip in seen:
                self._report.add(f'{split}/{part}, {entry.where}',
                                 f'clip {entry.clip!r} is listed twice; taken once')
                continue
            seen.add(entry.clip)
            clips.append(entry.clip)

    @property
    def labels(self) -> dict[str, str]:
        """The expression of every clip that a list names, sorted by clip."""
        return dict(sorted(self._labels.items()))

    def divisions(self, rows: Sequence[Row]) -> tuple[Division, ...]:
        """The splits, of those clips that became rows."""
        have = {row['clip'] for row in rows}

        def kept(parts: Mapping[str, list[str]], part: str) -> tuple[str, ...]:
            return tuple(sorted(clip for clip in parts.get(part, ()) if clip in have))

        return tuple(Division(name, kept(parts, 'train'), kept(parts, 'test'),
                              kept(parts, 'selection'))
                     for name, parts in self._parts.items())

    def sizes(self, split: str) -> dict[str, int]:
        """How many clips the lists of a split name, by part."""
        return {part: len(clips) for part, clips in self._parts.get(split, {}).items()}
