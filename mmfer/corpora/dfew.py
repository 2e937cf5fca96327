"""DFEW (Jiang et al., ACM MM 2020): its lists of five folds -> annotation rows.

The lists exist under three names, and the clips as videos or as folders of frames::

    label/single_trainset_1.csv                                 label/single_testset_1.csv
    EmoLabel_DataSplit/train(single-labeled)/set_1.csv          .../test(single-labeled)/set_1.csv
    EmoLabel_DataSplit/train(single-labeled)/train_set_1.csv    .../test_set_1.csv

    clip_224x224/00001/00001_00001.jpg      also clip_224x224_16f (16 frames each), jpg_256
    original/00001.mp4

A list is a CSV ``video_name,label`` with labels from 1; clips are named by five digits. No
subjects are known.
"""
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mmfer.annotations import VIDEO_SUFFIXES, Annotations, Row
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.lists import Entry, Lists, read_lines
from mmfer.corpora.report import Conversion, Report
from mmfer.corpora.source import Source, conclude
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import DFEW, canonical, class_list
from mmfer.protocols import Protocol, published_splits

FOLDS = (1, 2, 3, 4, 5)
NAMINGS = (
    'label/single_{part}set_{fold}.csv',
    'EmoLabel_DataSplit/{part}(single-labeled)/set_{fold}.csv',
    'EmoLabel_DataSplit/{part}(single-labeled)/{part}_set_{fold}.csv',
)
"""Where the list of a fold's part may lie."""
CLIP_FOLDERS = ('clip_224x224', 'clip_224x224_16f', 'jpg_256', 'original')
SIXTEEN = 'clip_224x224_16f'
CLASSES = tuple(class_list(DFEW.values()))
KNOWN = {'clips': 11697}
KNOWN_LENGTHS = {'fewest frames': 11, 'most frames': 847}
"""Frames of a clip, unless it was brought to 16."""
KNOWN_TESTS = (2341, 2341, 2340, 2339, 2336)
_HINT = f'DFEW\'s root holds the lists ({", ".join(NAMINGS)})'


def convert(source: Source, clips: str | None = None) -> Conversion:
    """Rows of the clips with a single label in the published folds.

    Args:
        source: Its root holds the lists and a folder of clips.
        clips: That folder; by default the first there is of those that DFEW comes with.

    Raises:
        CorpusError: where there are no lists, no clips, or nothing to convert.
    """
    source.folder('', _HINT)
    naming, folds = _naming(source.root, source.report)
    lists = Lists(source.report)
    for fold in folds:
        for part in ('train', 'test'):
            lists.add(f'fold{fold}', part, _entries(source, naming.format(part=part, fold=fold)))
    media = source.media(_clip_folder(source, clips) if source.frames is None else '')
    suffix = _suffix(media.root / media.prefix)
    rows: list[Row] = []
    for clip, label in lists.labels.items():
        found = media.clip(clip + suffix)
        if found is not None:
            rows.append({'clip': clip, **found, 'label': CLASSES.index(label)})
    whole = not (source.listing or SIXTEEN in media.prefix or source.frames)
    source.report.notes.append(f'lists: {naming}; clips: {media.root / media.prefix}')
    return conclude(source, 'dfew', CLASSES, rows, known=KNOWN | (KNOWN_LENGTHS if whole else {}),
                    divisions={'protocol_5fold': lists.divisions(rows)})


def _naming(root: Path, report: Report) -> tuple[str, list[int]]:
    """The naming that this copy follows, and the folds that it has whole."""
    for naming in NAMINGS:
        there = {fold: [(root / naming.format(part=part, fold=fold)).is_file()
                        for part in ('train', 'test')] for fold in FOLDS}
        if any(map(any, there.values())):
            for fold in FOLDS:
                if not all(there[fold]):
                    report.add(naming.format(part='*', fold=fold),
                               'a list of this fold is missing; the fold is left out')
            folds = [fold for fold in FOLDS if all(there[fold])]
            if not folds:
                raise CorpusError(f'{root}: no fold has both lists, of training and of test')
            return naming, folds
    raise CorpusError(f'{root}: no list of a fold; {_HINT}')


def _entries(source: Source, relative: str) -> Iterator[Entry]:
    """Entries of one list; odd ones are reported."""
    for where, fields in read_lines(source.root / relative):
        if where.endswith(' line 1') and not fields[0][:1].isdecimal():
            continue  # the header
        try:
            if len(fields) < 2:
                raise AnnotationError('not a name and a label')
            stem = fields[0].rsplit('.', 1)[0]
            if not stem.isdecimal() or not stem.isascii():
                raise AnnotationError(f'{fields[0]!r} is not the number of a clip')
            yield Entry(where, f'{int(stem):05d}', canonical(fields[1], 'dfew'))
        except AnnotationError as error:
            source.report.add(f'{relative}, {where}', f'{error}; left out')


def _clip_folder(source: Source, clips: str | None) -> str:
    if clips is not None:
        source.folder(clips, 'name the folder of the clips, relative to the root')
        return clips
    for name in CLIP_FOLDERS:
        for relative in (name, f'Clip/{name}'):
            if (source.root / relative).is_dir():
                return relative
    raise CorpusError(f'{source.root}: none of the folders {", ".join(CLIP_FOLDERS)}, here or in '
                      'Clip/; name yours by --clips')


def _suffix(folder: Path) -> str:
    """Suffix of the videos in a folder of clips; '' where the clips are folders."""
    _, files = list_folder(folder, Report())
    for name in files:
        for suffix in VIDEO_SUFFIXES:
            if name.lower().endswith(suffix):
                return name[-len(suffix):]
    return ''


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """The published folds."""
    divisions = conversion.divisions['protocol_5fold']
    return {'protocol_5fold': published_splits(annotations, 'dfew-5fold', divisions, seed=seed)}


CORPUS = Corpus(
    'dfew', 'DFEW', 'folder that holds label/ or EmoLabel_DataSplit/, and the clips', convert,
    protocols, options=(Option('--clips', dict(
        metavar='FOLDER', help='folder of the clips below the root; default: the first there is '
                               f'of {", ".join(CLIP_FOLDERS)}')), ),
    known_tests={'protocol_5fold': KNOWN_TESTS})
