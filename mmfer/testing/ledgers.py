"""Small extractions of faces on disk, to prepare corpora from."""
from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.faces.ledger import LedgerRow, ledger_metadata, write_ledger
from mmfer.faces.status_runs import CROPPED, parse_runs
from mmfer.faces.structures import CENTRES5

_BOX = (2, 3, 12, 15)


def write_extraction(out: Path, clips: Mapping[str, Mapping[int, str]], people: str = 'main',
                     crop: bytes = b'', suffix: str = 'png', **settings: Any) -> Path:
    """Writes an extraction's crops, settings and ledger; returns the folder of the crops.

    Args:
        out: Folder.
        clips: By clip, by person, the statuses of the frames 1..N, run by run; of frames on which
            a person is absent there is no row of them.
        people: ``'main'`` writes crops to the clip's folder, ``'all'`` to one for each person.
        crop: Content of each crop's file.
        suffix: Of those files.
        **settings: Further ones.
    """
    rows: list[LedgerRow] = []
    crops = out / 'crops'
    crops.mkdir(parents=True, exist_ok=True)
    for clip in sorted(clips):
        statuses = {person: _statuses(text) for person, text in sorted(clips[clip].items())}
        for frame in range(1, max(map(len, statuses.values())) + 1):
            there = [(person, frames[frame - 1]) for person, frames in statuses.items()
                     if frame <= len(frames) and frames[frame - 1] != 'absent']
            rows += _rows(clip, frame, there)
            for person, status in there:
                if status in CROPPED:
                    folder = crops / clip / (str(person) if people == 'all' else '')
                    folder.mkdir(parents=True, exist_ok=True)
                    (folder / f'{frame:06d}.{suffix}').write_bytes(crop)
    metadata = ledger_metadata({**settings, 'people': people}, CENTRES5)
    write_ledger(out / 'ledger.parquet', rows, metadata)
    (out / 'faces.json').write_text(json.dumps({'format': 1, 'hash': metadata['settings_hash'],
                                                'settings': metadata['settings']}))
    return crops


def _statuses(text: str) -> Sequence[Any]:
    return [status for status, count in parse_runs(text) for _ in range(count)]


def _rows(clip: str, frame: int, there: Sequence[tuple[int, Any]]) -> list[LedgerRow]:
    facts: dict[str, Any] = dict(clip=clip, frame=frame, time_s=(frame - 1) / 25, shot=0)
    if not there:
        return [LedgerRow(**facts, id=0, box=None, landmarks=None, score=None, status='absent',
                          crop=False)]
    return [LedgerRow(**facts, id=person, box=np.array(_BOX, np.float32), score=.9, status=status,
                      landmarks=np.full((5, 2), person, np.float32), crop=status in CROPPED)
            for person, status in there]
