"""MAFW (Liu et al., ACM MM 2022): its lists of five folds -> annotation rows.

Layout below the root::

    single/no_caption/set_1/train.txt, test.txt         "00025.mp4 anger"
    single/with_caption/set_1/...                       name, label, two captions, by tabs
    compound/no_caption/set_1/...                       "00031.mp4 anger_disgust"
    data/faces/00025/..., data/frames/00025/..., data/clips/00025.mp4

Lists with captions are not UTF-8; only name and label are read. Public loaders number the
expressions in different ways, so only names are accepted. No subjects are known.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.lists import Entry, Lists, read_lines
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import COMPOUND, class_list, compound
from mmfer.protocols import Protocol, published_splits

KINDS = ('single', 'compound')
CAPTIONS = ('no_caption', 'with_caption')
FOLDS = (1, 2, 3, 4, 5)
MEDIA = ('faces', 'frames', 'clips')
SINGLE = tuple(class_list(['anger', 'anxiety', 'contempt', 'disappointment', 'disgust', 'fear',
                           'happiness', 'helplessness', 'neutral', 'sadness', 'surprise']))
KNOWN = {'single': {'clips': 9172, 'set_1 train': 7333, 'set_1 test': 1839, 'classes': 11},
         'compound': {'classes': 43}}
_HINT = "MAFW's root holds single/ or compound/, and data/"


def convert(source: Source, labels: str = 'single', media: str | None = None) -> Conversion:
    """Rows of the clips with a single label, or of those of the compound set.

    Args:
        source: Its root holds ``single`` or ``compound``, and ``data``.
        labels: ``'single'`` for 11 classes or ``'compound'`` for 43.
        media: Folder below ``data``; by default the first there is of faces, frames, clips.

    Raises:
        CorpusError: where there are no lists, no clips, or nothing to convert.
    """
    source.folder('', _HINT)
    lists = Lists(source.report)
    for fold, folder in _folders(source, labels):
        for part in ('train', 'test'):
            lists.add(f'fold{fold}', part, _entries(source, f'{folder}/{part}.txt', labels))
    inner = '' if source.frames is not None else _media_folder(source, media)
    reader = source.media(inner)
    suffix = '.mp4' if inner.endswith('clips') else ''
    classes = SINGLE if labels == 'single' else tuple(class_list(lists.labels.values()))
    rows: list[Row] = []
    for clip, label in lists.labels.items():
        found = reader.clip(clip + suffix)
        if found is not None:
            rows.append({'clip': clip, **found, 'label': classes.index(label)})
    first = lists.sizes('fold1')
    counts = {'classes': len(set(lists.labels.values())), 'set_1 train': first.get('train', 0),
              'set_1 test': first.get('test', 0)}
    source.report.notes.append(f'clips: {reader.root / reader.prefix}')
    return conclude(source, 'mafw', classes, rows, counts, KNOWN[labels],
                    {'protocol_5fold': lists.divisions(rows)})


def _folders(source: Source, labels: str) -> list[tuple[int, str]]:
    """(fold, folder of its lists) of the folds that have both lists."""
    for captions in CAPTIONS:
        base = f'{labels}/{captions}'
        if not (source.root / base).is_dir():
            continue
        found = []
        for fold in FOLDS:
            folder = f'{base}/set_{fold}'
            if all((source.root / folder / f'{part}.txt').is_file() for part in ('train', 'test')):
                found.append((fold, folder))
            else:
                source.report.add(folder, 'train.txt or test.txt is missing; the fold is left out')
        if found:
            return found
    raise CorpusError(f'{source.root}: no {labels}/no_caption/set_N/ with train.txt and test.txt; '
                      f'{_HINT}')


def _entries(source: Source, relative: str, labels: str) -> Iterator[Entry]:
    """Entries of one list; odd ones are reported."""
    for where, fields in read_lines(source.root / relative):
        try:
            if len(fields) < 2:
                raise AnnotationError('not a name and a label')
            name = PurePosixPath(fields[0])
            if len(name.parts) != 1 or not name.stem.isdecimal():
                raise AnnotationError(f'{fields[0]!r} is not the file of a clip')
            label = compound(fields[1])
            if labels == 'single' and (COMPOUND in label or label not in SINGLE):
                raise AnnotationError(f'{label} is no single expression of MAFW')
            yield Entry(where, name.stem, label)
        except AnnotationError as error:
            source.report.add(f'{relative}, {where}', f'{error}; left out')


def _media_folder(source: Source, media: str | None) -> str:
    for name in MEDIA if media is None else (media, ):
        if (source.root / 'data' / name).is_dir():
            return f'data/{name}'
    raise CorpusError(f'{source.root}/data: none of the folders '
                      f'{", ".join(MEDIA if media is None else (media, ))}; {_HINT}')


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """The published folds."""
    divisions = conversion.divisions['protocol_5fold']
    return {'protocol_5fold': published_splits(annotations, 'mafw-5fold', divisions, seed=seed)}


CORPUS = Corpus(
    'mafw', 'MAFW', 'folder that holds single/ or compound/, and data/', convert, protocols,
    options=(
        Option('--labels', dict(choices=KINDS, default='single',
                                help='11 single expressions (default) or the compound set')),
        Option('--media', dict(choices=MEDIA, help='folder below data/; default: the first there '
                                                   'is of faces, frames, clips')),
    ))
