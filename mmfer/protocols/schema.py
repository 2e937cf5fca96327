"""The protocol file: named splits of clip ids, checked for leaks.

JSON::

    {"name": str, "annotation_hash": str, "subject_disjoint": bool, "seed": int,
     "selection_by": str,
     "splits": [{"name": str, "train": [clip ids], "selection": [...], "test": [...]}, ...]}

Train, selection and test of a split share no clip and no media; where ``subject_disjoint`` is
true they share no subject either. The selection part belongs to the training side: it may be
empty, the others may not. ``selection_by`` says where it comes from: ``"given"`` with the
division, or carved out of the training side by ``"subject"``, by ``"clip"`` or by another
column of the annotation, no value of which is then in both train and selection. The field may
be absent from a file written by hand; then nothing is known of it.
"""
from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmfer.annotations import Annotations
from mmfer.errors import ProtocolError
from mmfer.fileio import atomic_write
from mmfer.jsonfile import json_hash, read_json
from mmfer.protocols.fit import FitScreen
from mmfer.protocols.leaks import (
    carving_faults,
    clip_faults,
    media_faults,
    row_faults,
    subject_faults,
)

PARTS = ('train', 'selection', 'test')
SELECTIONS = ('last', 'inner', 'literature')
GIVEN = 'given'
"""``selection_by`` of a selection part that came with the division."""


@dataclass(frozen=True)
class Split:
    """One split: sorted clip ids of three disjoint parts."""

    name: str
    train: tuple[str, ...]
    selection: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True)
class Protocol:
    """A checked protocol.

    Attributes:
        name: Short name, printed with results.
        annotation_hash: Hash of the annotation file that it divides.
        subject_disjoint: Whether no subject is in two parts of a split.
        seed: What the random choices in it were drawn from.
        splits: The splits, in order.
        path: Where it was read from, if it was.
        selection_by: What the selection parts were carved by, see the module's text; None
            where the file does not say.
    """

    name: str
    annotation_hash: str
    subject_disjoint: bool
    seed: int
    splits: tuple[Split, ...]
    path: Path | None = field(default=None, compare=False)
    selection_by: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the splits, in order."""
        return tuple(split.name for split in self.splits)

    def split(self, name: str) -> Split:
        """The split called ``name``; raises ProtocolError where there is none."""
        for split in self.splits:
            if split.name == name:
                return split
        raise ProtocolError(f'{self.path or self.name}: no split {name!r}; there are: '
                            f'{", ".join(self.names)}')

    def to_dict(self) -> dict[str, Any]:
        """The content of the protocol's file."""
        by = {} if self.selection_by is None else {'selection_by': self.selection_by}
        return {
            'name': self.name, 'annotation_hash': self.annotation_hash,
            'subject_disjoint': self.subject_disjoint, 'seed': self.seed, **by,
            'splits': [{'name': split.name, **{part: list(getattr(split, part))
                                               for part in PARTS}} for split in self.splits],
        }

    def check(self, annotations: Annotations | None = None) -> None:
        """Raises ProtocolError for a leak or a misfit, naming the offender.

        Args:
            annotations: With it, the hash, the existence of every clip and of its label,
                subjects, media and what the selection parts were carved by are checked as
                well.
        """
        where = str(self.path or self.name)
        if annotations is not None and annotations.hash != self.annotation_hash:
            raise ProtocolError(
                f'{where}: made for another annotation file (annotation_hash '
                f'{self.annotation_hash[:12]}..., {annotations.path} has '
                f'{annotations.hash[:12]}...): {self._misfit(annotations)}; prepare both again')
        if len(set(self.names)) != len(self.names):
            raise ProtocolError(f'{where}: two splits have one name: {", ".join(self.names)}')
        screen = None if annotations is None else FitScreen(annotations)
        for split in self.splits:
            for fault in _faults(split, self, annotations, screen):
                raise ProtocolError(f'{where}: split {split.name!r}: {fault}')

    def _misfit(self, annotations: Annotations) -> str:
        """How the clips of the protocol and of an annotation file differ."""
        used = {clip for split in self.splits for part in PARTS for clip in getattr(split, part)}
        labelled = {row['clip'] for row in annotations.labelled}
        lacking, further = sorted(used - labelled), sorted(labelled - used)
        if lacking:
            return f'{len(lacking)} of its clips are not labelled there, such as {lacking[0]!r}'
        if further:
            return f'it does not know {len(further)} clips there, such as {further[0]!r}'
        return 'the same clips, but other labels, subjects or frames'


def _faults(split: Split, protocol: Protocol, annotations: Annotations | None,
            screen: FitScreen | None) -> Iterator[str]:
    """What is wrong with a split, worst first."""
    parts = {part: getattr(split, part) for part in PARTS}
    if split.name in ('.', '..') or re.search(r'[/\\\0]', split.name):
        yield ('runs go into a folder of the name, so it must not hold a slash or be one or two '
               'dots; rename it')
    if (split.train and split.test and screen is not None
            and screen.fits(parts, _columns_apart(split, protocol))):
        return
    yield from clip_faults(parts)
    if annotations is None:
        return
    yield from row_faults(parts, annotations)
    if protocol.subject_disjoint:
        yield from subject_faults(parts, annotations)
    yield from media_faults(parts, annotations)
    if protocol.selection_by not in (None, GIVEN):
        yield from carving_faults(parts, annotations, str(protocol.selection_by))


def _columns_apart(split: Split, protocol: Protocol) -> list[tuple[str, tuple[str, ...]]]:
    """Columns, each with the parts that must share none of its values."""
    columns: list[tuple[str, tuple[str, ...]]] = [('frames', PARTS)]
    if protocol.subject_disjoint:
        columns.append(('subject', PARTS))
    if split.selection and protocol.selection_by not in (None, GIVEN, 'clip'):
        columns.append((str(protocol.selection_by), ('train', 'selection')))
    return columns


def read_protocol(path: str | os.PathLike[str],
                  annotations: Annotations | None = None) -> Protocol:
    """Reads and checks a protocol file, against its annotation file where given.

    Raises:
        ProtocolError: for malformed content, a leak, or a misfit, naming the offender.
    """
    path = Path(path)
    content = read_json(path, ProtocolError)
    kinds = {'name': str, 'annotation_hash': str, 'subject_disjoint': bool, 'seed': int,
             'splits': list}
    if not isinstance(content, dict):
        raise ProtocolError(f'{path}: not a protocol file: it must be a JSON object')
    for key, kind in kinds.items():
        if type(content.get(key)) is not kind:
            raise ProtocolError(f'{path}: field {key!r}: {content.get(key)!r:.40} is not of type '
                                f'{kind.__name__}')
    by = content.get('selection_by')
    if 'selection_by' in content and (type(by) is not str or not by):
        raise ProtocolError(f"{path}: field 'selection_by': {by!r:.40} is not a column, 'subject', "
                            f"'clip' or '{GIVEN}'; leave the field out where it is not known")
    unknown = sorted(set(content) - {*kinds, 'selection_by'})
    if unknown:
        raise ProtocolError(f'{path}: unknown field {unknown[0]!r}; a protocol has '
                            f'{", ".join(kinds)} and selection_by')
    if not content['splits']:
        raise ProtocolError(f"{path}: field 'splits': there is none")
    splits = tuple(_read_split(item, f'{path}: split {index}')
                   for index, item in enumerate(content['splits']))
    protocol = Protocol(content['name'], content['annotation_hash'],
                        content['subject_disjoint'], content['seed'], splits, path, by)
    protocol.check(annotations)
    return protocol


def _read_split(item: Any, where: str) -> Split:
    if not isinstance(item, dict) or not isinstance(item.get('name'), str) or not item['name']:
        raise ProtocolError(f'{where}: must be an object with a name')
    for part in PARTS:
        clips = item.get(part)
        if not isinstance(clips, list) or not set(map(type, clips)) <= {str}:
            raise ProtocolError(f'{where} ({item["name"]!r}): field {part!r}: must be a list of '
                                'clip ids')
    return Split(item['name'], *(tuple(sorted(item[part])) for part in PARTS))


def write_protocol(path: str | os.PathLike[str], protocol: Protocol) -> None:
    """Checks and writes a protocol file, whole; the same protocol gives the same bytes."""
    protocol.check()
    content = protocol.to_dict()
    parts = [json.dumps(split, ensure_ascii=False) for split in content.pop('splits')]
    head = json.dumps(content, ensure_ascii=False)[:-1]
    text = f'{head}, "splits": [\n' + ',\n'.join(parts) + '\n]}\n'
    with atomic_write(path) as temporary:
        temporary.write_bytes(text.encode())


def protocol_hash(protocol: str | os.PathLike[str] | Protocol) -> str:
    """SHA-256 of a protocol's content, given itself or its file."""
    if not isinstance(protocol, Protocol):
        protocol = read_protocol(protocol)
    return json_hash(protocol.to_dict())


def part_clips(split: Split, part: str, selection: str = 'last') -> tuple[str, ...]:
    """Clips that a part of a split means under a way of selecting the checkpoint.

    =============  ==================  ================  ==========================
    selection      train               validation        the checkpoint tested
    =============  ==================  ================  ==========================
    'last'         train + selection   an error          the last
    'inner'        train               selection         best on the selection part
    'literature'   train + selection   test              best on the test part
    =============  ==================  ================  ==========================

    'literature' is how many papers select, and inflates results: whoever prints them says
    so. The test part is always the split's test part.

    Args:
        split: The split.
        part: 'train', 'validation' (or 'selection', the same) or 'test'.
        selection: One of ``SELECTIONS``.

    Raises:
        ProtocolError: for a part that does not exist so.
    """
    if selection not in SELECTIONS:
        raise ProtocolError(f'selection {selection!r} is none of {", ".join(SELECTIONS)}')
    if part not in (*PARTS, 'validation'):
        raise ProtocolError(f'part {part!r} is none of train, validation, selection, test')
    if part == 'test':
        return split.test
    if part == 'train':
        if selection == 'inner':
            return split.train
        return tuple(sorted(split.train + split.selection))
    if selection == 'last':
        raise ProtocolError(
            f"split {split.name!r}: with selection='last' there is no validation part; choose "
            "selection='inner' to select on a part of the training side")
    clips = split.selection if selection == 'inner' else split.test
    if not clips:
        raise ProtocolError(f'split {split.name!r} has no selection part, so '
                            "selection='inner' has nothing to select on; choose 'last'")
    return clips
