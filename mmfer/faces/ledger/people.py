"""Whose face counts in a clip, and how well it was seen."""
from __future__ import annotations

from collections import defaultdict

import numpy as np
import pyarrow as pa

from mmfer.faces.ledger.rows import NOBODY
from mmfer.faces.status_runs import SEEN, format_runs, parse_runs, seen_share
from mmfer.faces.structures import ABSENT, Status

__all__ = ['clip_statuses', 'coverage', 'face_status', 'main_people']


def main_people(table: pa.Table) -> dict[int, int]:
    """The main person of each shot of one clip, by shot.

    It is who takes up the largest area of boxes, summed over the frames where the face was
    seen; where nobody's was, over all frames. Of equals the one who came first.

    Args:
        table: Rows of one clip, see :attr:`~mmfer.faces.ledger.Ledger.table`.
    """
    areas: dict[int, dict[int, tuple[float, float]]] = defaultdict(dict)
    columns = ('shot', 'id', 'box', 'status')
    for shot, person, box, status in zip(*(table[name].to_pylist() for name in columns)):
        if person == NOBODY:
            continue
        area = (box[2] - box[0]) * (box[3] - box[1])
        seen, listed = areas[shot].get(person, (0., 0.))
        areas[shot][person] = (seen + area * (status in SEEN), listed + area)
    return {shot: max(sorted(people), key=people.__getitem__)
            for shot, people in sorted(areas.items())}


def clip_statuses(table: pa.Table) -> list[Status]:
    """The status of the main person on each frame 1..N of one clip.

    Frames without a row, which a folder of images may have, and frames on which others are but
    not the main person of the shot, are absent.
    """
    numbers = table['frame'].to_numpy()
    statuses: list[Status] = [ABSENT] * int(np.max(numbers, initial=0))
    main = main_people(table)
    for number, shot, person, status in zip(
            numbers.tolist(), *(table[name].to_pylist() for name in ('shot', 'id', 'status'))):
        if person != NOBODY and main[shot] == person:
            statuses[number - 1] = status
    return statuses


def face_status(table: pa.Table) -> str:
    """The same as text, run by run (:mod:`mmfer.faces.status_runs`)."""
    return format_runs(clip_statuses(table))


def coverage(table: pa.Table) -> float:
    """Share of a clip's frames on which its main person is found or tracked, in [0, 1]."""
    text = face_status(table)
    return seen_share(parse_runs(text)) if text else 0.
