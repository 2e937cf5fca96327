"""What a check says: a title, whether anything is wrong, and the facts."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

SHOWN = 20
"""Facts of one check that a report shows unless all are asked for."""


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Attributes:
        title: What was checked.
        problems: What is wrong, one fact each; empty where all is well.
        remarks: What is worth knowing and no fault.
    """

    title: str
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    def lines(self, shown: int | None = SHOWN) -> list[str]:
        """The finding as text.

        Args:
            shown: Most problems to name; the others are counted. None names all.
        """
        mark = 'XX' if self.problems else 'ok'
        count = f': {len(self.problems)}' if self.problems else ''
        named = self.problems if shown is None else self.problems[:shown]
        more = len(self.problems) - len(named)
        return [f'[{mark}] {self.title}{count}', *(f'     {text}' for text in named),
                *([f'     ... and {more} more (--all names them)'] if more else []),
                *(f'     ({text})' for text in self.remarks)]


def healthy(findings: Sequence[Finding]) -> bool:
    """Whether no check has found a problem."""
    return not any(finding.problems for finding in findings)
