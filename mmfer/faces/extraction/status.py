"""What of an extraction is done, and whether it was done in the same way."""
from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mmfer.errors import LedgerError
from mmfer.faces.extraction.checkpoint import read_checkpoint
from mmfer.faces.extraction.fingerprint import is_same
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.ledger import read_ledger_metadata
from mmfer.faces.settings import changed_settings
from mmfer.fileio import atomic_write
from mmfer.jsonfile import json_hash, read_json

__all__ = ['State', 'check_settings', 'clip_metadata', 'clip_state', 'find_metadata',
           'read_settings', 'settings_changes', 'write_settings']

State = Literal['done', 'changed', 'unusable', 'begun', 'new']
"""A clip's: finished; finished of another input; with a ledger that is damaged, or of something
else; with a checkpoint; none of these."""
_FORMAT = 1


def clip_metadata(ledger: Path) -> dict[str, Any] | None:
    """The metadata of a ledger of an extraction; None where there is none.

    Raises:
        LedgerError: The file is damaged, or not of an extraction.
    """
    if not ledger.is_file():
        return None
    metadata = read_ledger_metadata(ledger)
    if 'source' not in metadata:
        raise LedgerError(f'{ledger} is not of an extraction; delete it, or choose another --out')
    return metadata


def find_metadata(ledger: Path) -> dict[str, Any] | None:
    """The same; None also where the file is damaged, or not of an extraction."""
    try:
        return clip_metadata(ledger)
    except LedgerError:
        return None


def clip_state(clip: Clip, layout: Layout, settings_hash: str) -> State:
    """How far a clip is.

    Raises:
        MediaError: Its input cannot be read.
    """
    ledger = layout.ledger(clip.name)
    if not ledger.is_file():
        return 'new' if read_checkpoint(layout.unfinished(clip.name)) is None else 'begun'
    about = find_metadata(ledger)
    if about is None or about['settings_hash'] != settings_hash:
        return 'unusable'
    return 'done' if is_same(clip, about['source']) else 'changed'


def settings_changes(layout: Layout, identity: Mapping[str, Any]) -> list[str]:
    """Lines ``name: old -> new`` of how settings differ from those of an output folder.

    Raises:
        LedgerError: The folder's file of settings is damaged, or missing beside crops.
    """
    if not layout.settings.exists():
        for path in (layout.ledgers, layout.out / 'crops', layout.merged):
            if path.exists():
                raise LedgerError(f'{path} exists, but not {layout.settings.name}, which would '
                                  'say how it was made; choose another --out')
        return []
    return changed_settings(read_settings(layout), dict(identity))


def read_settings(layout: Layout) -> dict[str, Any]:
    """The settings that an output folder was made with.

    Raises:
        LedgerError: Their file is missing or damaged.
    """
    content = read_json(layout.settings, LedgerError)
    if not isinstance(content, dict) or not isinstance(content.get('settings'), dict):
        raise LedgerError(f'{layout.settings} does not hold settings; choose another --out, or '
                          '--overwrite what lies there')
    return content['settings']


def check_settings(layout: Layout, identity: Mapping[str, Any]) -> None:
    """Refuses an output folder that was made with other settings.

    Raises:
        LedgerError: It was; the message has each difference.
    """
    changes = settings_changes(layout, identity)
    if changes:
        lines = ''.join(f'\n  {line}' for line in changes)
        raise LedgerError(f'{layout.out} was made with other settings:{lines}\nextract into '
                          'another folder (--out), or replace all that lies there '
                          '(--overwrite)')


def write_settings(layout: Layout, identity: Mapping[str, Any], overwrite: bool) -> None:
    """Makes an output folder one of these settings.

    Where they differ from what lies there, crops and ledgers are removed; a process that is
    killed meanwhile leaves a folder that still has its old settings, or is empty.

    Args:
        layout: The output.
        identity: The settings.
        overwrite: Whether other settings may be replaced.

    Raises:
        LedgerError: They may not, and differ.
    """
    old = layout.work / 'old'
    if old.exists():  # of a process that was killed while it removed them
        shutil.rmtree(old)
    if not overwrite:
        check_settings(layout, identity)
    elif _is_other(layout, identity):
        shutil.rmtree(layout.work, ignore_errors=True)
        old.mkdir(parents=True)
        for path in (layout.merged, layout.failures, layout.ledgers, layout.out / 'crops'):
            if path.exists():
                os.rename(path, old / path.name)
    content = {'format': _FORMAT, 'hash': json_hash(identity), 'settings': identity}
    write_if_changed(layout.settings, json.dumps(content, indent=2, sort_keys=True) + '\n')
    if old.exists():
        shutil.rmtree(old)


def _is_other(layout: Layout, identity: Mapping[str, Any]) -> bool:
    """Whether the settings of an output folder are others, or damaged."""
    try:
        return bool(settings_changes(layout, identity))
    except LedgerError:
        if not layout.settings.exists():  # whose crops these are, nobody knows
            raise
        return True


def write_if_changed(path: Path, text: str) -> None:
    """Writes a small file, unless it has this content."""
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)
