"""AffectNet (Mollahosseini et al., TAC 2019): still images -> annotation rows.

Either of two layouts below the root::

    training.csv, validation.csv            subDirectory_filePath,...,expression,valence,arousal
    Manually_Annotated_Images/689/737db2...jpg      (paths in the lists are below this folder)

    train_set/images/0.jpg                  train_set/annotations/0_exp.npy
    val_set/images/...                      val_set/annotations/...

Codes: 0 Neutral 1 Happy 2 Sad 3 Surprise 4 Fear 5 Disgust 6 Anger 7 Contempt; 8 none,
9 uncertain and 10 no face are left out and counted. The test part is not public: the
validation part tests. The first layout has whole photographs, so give face crops.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mmfer.annotation_rows import check_relative
from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.lists import Entry, Lists
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.corpora.table import read_table
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import AFFECTNET, canonical, class_list
from mmfer.protocols import Protocol, published_splits

TABLES = {'train': 'training.csv', 'test': 'validation.csv'}
SETS = {'train': 'train_set', 'test': 'val_set'}
IMAGES = 'Manually_Annotated_Images'
NO_EXPRESSION = {8: 'none', 9: 'uncertain', 10: 'no face'}
CLASSES = tuple(class_list(AFFECTNET.values()))
KNOWN = {8: {'train clips': 287651, 'test clips': 4000},
         7: {'train clips': 283901, 'test clips': 3500}}
"""Images of each part with 8 classes, and with 7, without contempt."""
_COLUMNS = ('subDirectory_filePath', 'expression')
_HINT = ("AffectNet's root holds training.csv, validation.csv and Manually_Annotated_Images/, or "
         'train_set/ and val_set/')


def convert(source: Source, num_classes: int = 8) -> Conversion:
    """Rows of the images that show an expression.

    Args:
        source: Its root holds either layout.
        num_classes: 8, or 7 to leave contempt out.

    Raises:
        CorpusError: where there are no labels, no images, or nothing to convert.
    """
    source.folder('', _HINT)
    classes = CLASSES if num_classes == 8 else tuple(c for c in CLASSES if c != 'contempt')
    without: Counter[str] = Counter()
    lists = Lists(source.report)
    tables = all((source.root / name).is_file() for name in TABLES.values())
    if not tables and not any((source.root / name).is_dir() for name in SETS.values()):
        raise CorpusError(f'{source.root}: neither layout is here; {_HINT}')
    for part in ('train', 'test'):
        entries = (_table_entries(source, TABLES[part], without) if tables
                   else _set_entries(source, SETS[part], without))
        lists.add('published', part, (e for e in entries if e.label in classes))
    media = source.media(IMAGES if tables else '')
    if tables and source.frames is None:
        source.report.notes.append('these are whole photographs, not faces; give --frames')
    rows: list[Row] = []
    for clip, label in lists.labels.items():
        found = media.clip(clip)
        if found is not None:
            rows.append({'clip': clip, **found, 'label': classes.index(label)})
    source.report.notes += [f'images labelled {what}, left out: {count}'
                            for what, count in sorted(without.items())]
    (division, ) = lists.divisions(rows)
    counts = {'train clips': len(division.train), 'test clips': len(division.test)}
    return conclude(source, 'affectnet', classes, rows, counts, KNOWN[num_classes],
                    {'protocol_published': (division, )})


def _table_entries(source: Source, name: str, without: Counter[str]) -> Iterator[Entry]:
    """Entries of one CSV; odd ones are reported."""
    columns, records = read_table(source.root / name)
    lacking = [column for column in _COLUMNS if column not in columns]
    if lacking:
        raise CorpusError(f'{source.root / name}: no column {", ".join(lacking)}')
    for record in records:
        try:
            if record.fault:
                raise AnnotationError(record.fault)
            path, code = (record.cells[column] for column in _COLUMNS)
            problem = check_relative(path)
            if problem:
                raise AnnotationError(f'path {path!r} {problem}')
            label = _label(code, without)
            if label is not None:
                yield Entry(record.where, path, label)
        except AnnotationError as error:
            source.report.add(record.where, f'{error}; left out')


def _set_entries(source: Source, name: str, without: Counter[str]) -> Iterator[Entry]:
    """Entries of one folder of labels, one file for each image; odd ones are reported."""
    if not (source.root / name / 'annotations').is_dir():
        source.report.add(f'{name}/annotations', 'no such folder; the part is left out')
        return
    _, files = list_folder(source.root / name / 'annotations', source.report)
    for file in files:
        if not file.endswith('_exp.npy'):
            continue  # valence, arousal and landmarks
        relative = f'{name}/annotations/{file}'
        try:
            label = _label(_read_code(source.root / relative), without)
            if label is not None:
                yield Entry(relative, f'{name}/images/{file.removesuffix("_exp.npy")}.jpg', label)
        except AnnotationError as error:
            source.report.add(relative, f'{error}; left out')


def _read_code(path: Path) -> str:
    """The one value in a NumPy file, as text; nothing is unpickled."""
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise AnnotationError(f'not a NumPy file of one value ({error})') from error
    if values.size != 1:
        raise AnnotationError(f'{values.size} values in place of one')
    return str(values.ravel()[0])


def _label(code: str, without: Counter[str]) -> str | None:
    """The expression of a code; None, counted, where the code is for none."""
    text = code.strip()
    if text.isascii() and text.isdecimal() and int(text) in NO_EXPRESSION:
        without[NO_EXPRESSION[int(text)]] += 1
        return None
    return canonical(text, 'affectnet')


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Training part -> validation part, which tests, for the test part is not public."""
    return {'protocol_published': published_splits(
        annotations, 'affectnet', conversion.divisions['protocol_published'], seed=seed)}


CORPUS = Corpus(
    'affectnet', 'AffectNet (still images)',
    'folder that holds training.csv, validation.csv and Manually_Annotated_Images/, or '
    'train_set/ and val_set/', convert, protocols,
    options=(Option('--num-classes', dict(
        type=int, choices=(7, 8), default=8,
        help='8 (default), or 7 to leave contempt out')), ))
