"""What a conversion found: rows, odd entries, and counts beside the known ones."""
from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mmfer.annotations import Row
from mmfer.protocols import Division


@dataclass
class Report:
    """Everything about a corpus on disk that a person should know.

    Attributes:
        problems: (entry, what is wrong and what was done about it), in the order found.
        ignored: names of files that are no media (desktops leave them behind, or they belong
            to the corpus), and how many there were.
        notes: facts that are no fault of an entry.
    """

    problems: list[tuple[str, str]] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, entry: str, problem: str) -> None:
        """Notes a problem of one entry."""
        self.problems.append((entry, problem))

    def lines(self) -> list[str]:
        """The report as text, one problem a line; names that are no UTF-8 are escaped."""
        lines = [*self.notes]
        if self.ignored:
            what = ', '.join(f'{name} x {n}' for name, n in sorted(self.ignored.items()))
            lines.append(f'ignored files: {what}')
        lines.append(f'odd entries: {len(self.problems) or "none"}')
        lines += [f'  {entry}: {problem}' for entry, problem in self.problems]
        return [line.encode('utf-8', 'backslashreplace').decode() for line in lines]


@dataclass
class Conversion:
    """A converted corpus: what goes into the annotation file, and what to tell the user.

    Attributes:
        metainfo: Of the annotation file.
        rows: Of the annotation file.
        report: What was odd.
        found: Counts.
        known: Published counts, by the names that ``found`` uses.
        divisions: Published splits that the copy lists, by the stem of their protocol file.
    """

    metainfo: dict[str, Any]
    rows: list[Row]
    report: Report
    found: dict[str, int]
    known: dict[str, int]
    divisions: dict[str, tuple[Division, ...]] = field(default_factory=dict)

    def table(self) -> list[str]:
        """The count table; with known counts, each deviation is named below it."""
        lines = count_table(self.found, self.known)
        if self.known:
            off = deviations(self.found, self.known)
            lines.append(f'deviations from the known counts: {"; ".join(off) or "none"}')
        return lines


def count_table(found: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    """Lines of counts, beside the known ones where there are any."""
    width = max(map(len, found))
    if not known:
        return [f'{name:<{width}}  {count:>7,}' for name, count in found.items()]
    lines = [f'{"":<{width}}  {"found":>7}  {"known":>7}']
    for name, count in found.items():
        expected = f'{known[name]:,}' if name in known else ''
        mark = '  <' if known.get(name, count) != count else ''
        lines.append(f'{name:<{width}}  {count:>7,}  {expected:>7}{mark}'.rstrip())
    return lines


def deviations(found: Mapping[str, int], known: Mapping[str, int]) -> list[str]:
    """Each count that differs from the known one, as "name 44 instead of 45 (-1)"."""
    return [f'{name} {found.get(name, 0)} instead of {count} ({found.get(name, 0) - count:+d})'
            for name, count in known.items() if found.get(name, 0) != count]


def summary_counts(rows: list[Row], classes: list[str]) -> dict[str, int]:
    """The counts that every corpus's table has: clips, subjects, clips per class, frames."""
    lengths = [row['num_frames'] for row in rows if row['num_frames']] or [0]
    faceless = sum(not row['num_frames'] for row in rows)
    subjects = {row['subject'] for row in rows if 'subject' in row}
    return {'clips': len(rows), **({'subjects': len(subjects)} if subjects else {}),
            **class_counts(rows, classes), 'fewest frames': min(lengths),
            'most frames': max(lengths), 'frames of all clips': sum(lengths),
            **({'clips without a face': faceless} if faceless else {})}


def class_counts(rows: list[Row], classes: list[str]) -> dict[str, int]:
    """Clips per class, by name, in the order of the classes."""
    counts = Counter(row['label'] for row in rows if 'label' in row)
    return {name: counts[index] for index, name in enumerate(classes)}
