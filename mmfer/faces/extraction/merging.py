"""One ledger of all clips, and one list of those that failed."""
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from mmfer.errors import LedgerError
from mmfer.faces.extraction.job import Outcome
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.publishing import remove_empty_folders
from mmfer.faces.extraction.status import clip_metadata, write_if_changed
from mmfer.faces.extraction.storage import telling_full
from mmfer.faces.ledger import merge_ledgers, read_ledger_metadata
from mmfer.jsonfile import json_hash, read_json

__all__ = ['Merged', 'merge', 'note_failure', 'forget_failure']


@dataclass(frozen=True)
class Merged:
    """What an output folder holds.

    Attributes:
        clips: Number of finished clips.
        frames: Of their frames.
        failures: Records of clips that failed: ``clip``, ``input``, ``reason``.
    """

    clips: int
    frames: int
    failures: list[dict[str, str]]


def note_failure(layout: Layout, outcome: Outcome) -> None:
    """Keeps why a clip failed, for :func:`merge`, also of another process.

    Raises:
        StorageError: The disk is full.
    """
    path = layout.failure(outcome.clip.name)
    content = {'clip': outcome.clip.name, 'input': outcome.clip.path, 'reason': outcome.error}
    with telling_full(layout.out):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_if_changed(path, json.dumps(content) + '\n')


def forget_failure(layout: Layout, clip: str) -> None:
    """A clip that failed once is finished."""
    layout.failure(clip).unlink(missing_ok=True)


def merge(layout: Layout) -> Merged:
    """Writes ``ledger.parquet`` and ``failures.json`` of all clips in an output folder.

    Clips stand in the order of their ids, so the result does not depend on who extracted what
    when. Files that hold what they should are not touched.

    Raises:
        LedgerError: A ledger is damaged.
        StorageError: The disk is full.
    """
    with telling_full(layout.out):
        return _merge(layout)


def _merge(layout: Layout) -> Merged:
    clips: dict[str, dict[str, Any]] = {}
    for clip, path in layout.finished():
        about = clip_metadata(path)
        assert about is not None  # listed just now
        clips[clip] = about
    contents = {'clips': len(clips), 'contents': json_hash(clips)}
    if clips and _contents(layout) != contents:
        merge_ledgers([path for _, path in layout.finished()], layout.merged, **contents)
    failures = [read_json(path, LedgerError) for path in layout.failed()]
    failures.sort(key=lambda failure: failure['clip'])
    if failures:
        write_if_changed(layout.failures, json.dumps(failures, indent=2, ensure_ascii=False) + '\n')
    else:
        layout.failures.unlink(missing_ok=True)
    remove_empty_folders(layout.work)
    return Merged(len(clips), sum(about['frames'] for about in clips.values()), failures)


def _contents(layout: Layout) -> dict[str, Any] | None:
    try:
        metadata = read_ledger_metadata(layout.merged)
    except LedgerError:  # missing or damaged: written anew
        return None
    return {name: metadata.get(name) for name in ('clips', 'contents')}
