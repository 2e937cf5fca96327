"""One ledger of all clips, and one list of those that failed."""
from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mmfer.errors import LedgerError
from mmfer.faces.extraction.job import Outcome
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.publishing import remove_empty_folders
from mmfer.faces.extraction.status import clip_metadata, read_settings, write_if_changed
from mmfer.faces.extraction.storage import telling_full
from mmfer.faces.ledger import merge_ledgers, read_ledger, read_ledger_metadata
from mmfer.jsonfile import json_hash, read_json

__all__ = ['Merged', 'merge', 'note_failure', 'forget_failure']


@dataclass(frozen=True)
class Merged:
    """What an output folder holds.

    Attributes:
        clips: Number of finished clips.
        frames: Of their frames.
        failures: Records of clips that failed, or whose ledger is left out: ``clip``, ``input``,
            ``reason``.
        unusable: Clips whose ledger is left out, and why.
    """

    clips: int
    frames: int
    failures: list[dict[str, str]]
    unusable: dict[str, str]


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
    when. Files that hold what they should are not touched. A clip whose ledger is damaged, or of
    other settings than the folder, is left out and counts as failed.

    Raises:
        LedgerError: The folder's settings, or the record of a failure, are damaged.
        StorageError: The disk is full.
    """
    with telling_full(layout.out):
        clips, unusable = _sort_out(layout)
        try:
            _write(layout, clips)
        except LedgerError:  # rows are damaged, which only reading them tells
            damaged = _damaged(layout, clips)
            if not damaged:
                raise
            unusable |= damaged
            clips = {clip: about for clip, about in clips.items() if clip not in damaged}
            _write(layout, clips)
        failures = _write_failures(layout, unusable)
        remove_empty_folders(layout.work)
    return Merged(len(clips), sum(about['frames'] for about in clips.values()), failures,
                  unusable)


def _sort_out(layout: Layout) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Metadata of clips by id; and why ledgers of others cannot be used."""
    expected = json_hash(read_settings(layout)) if layout.settings.is_file() else None
    clips, unusable = {}, {}
    for clip, path in layout.finished():
        try:
            about = clip_metadata(path)
            assert about is not None  # listed just now
            if expected not in (None, about['settings_hash']):
                raise LedgerError(f'{path} was made with other settings than those in '
                                  f'{layout.settings}; delete it, and extract its clip again')
            clips[clip] = about
        except LedgerError as error:
            unusable[clip] = f'{type(error).__name__}: {error}'
    return clips, unusable


def _damaged(layout: Layout, clips: Iterable[str]) -> dict[str, str]:
    """Clips whose ledgers have damaged rows, and what is wrong with these."""
    damaged = {}
    for clip in clips:
        try:
            read_ledger(layout.ledger(clip))
        except LedgerError as error:
            damaged[clip] = f'{type(error).__name__}: {error}'
    return damaged


def _write(layout: Layout, clips: Mapping[str, Mapping[str, Any]]) -> None:
    contents = {'clips': len(clips), 'contents': json_hash(clips)}
    if clips and _contents(layout) != contents:
        merge_ledgers([layout.ledger(clip) for clip in clips], layout.merged, **contents)


def _contents(layout: Layout) -> dict[str, Any] | None:
    try:
        metadata = read_ledger_metadata(layout.merged)
    except LedgerError:  # missing or damaged: written anew
        return None
    return {name: metadata.get(name) for name in ('clips', 'contents')}


def _write_failures(layout: Layout, unusable: Mapping[str, str]) -> list[dict[str, str]]:
    failures = [read_json(path, LedgerError) for path in layout.failed()]
    known = {failure['clip'] for failure in failures}
    failures += [{'clip': clip, 'input': str(layout.ledger(clip)), 'reason': reason}
                 for clip, reason in unusable.items() if clip not in known]
    failures.sort(key=lambda failure: failure['clip'])
    if failures:
        write_if_changed(layout.failures, json.dumps(failures, indent=2, ensure_ascii=False) + '\n')
    else:
        layout.failures.unlink(missing_ok=True)
    return failures
