"""FER+ (Barsoum et al., ICMI 2016): votes of ten annotators per image -> annotation rows.

Layout below the root, the folders also below ``images/`` or ``data/``::

    fer2013new.csv                    Usage,Image name,neutral,...,contempt,unknown,NF
    FER2013Train/fer0000000.png       FER2013Valid/...    FER2013Test/...

Without ``fer2013new.csv`` a ``label.csv`` in each folder has the same votes, without a
header: name, box, ten numbers.

As in the paper's code, single votes count as errors and are dropped. An image is used where
more than half of the other votes are for one expression (the paper's majority voting); where
that is *unknown* or *NF* (no face), or there is no majority, it is left out and counted.
``label_distribution`` holds the shares of the votes for the eight expressions.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.lists import read_lines
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.corpora.table import read_table
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import class_list
from mmfer.protocols import Division, Protocol, published_splits

FOLDERS = {'FER2013Train': 'train', 'FER2013Valid': 'selection', 'FER2013Test': 'test'}
USAGES = {'Training': 'FER2013Train', 'PublicTest': 'FER2013Valid', 'PrivateTest': 'FER2013Test'}
VOTED = ('neutral', 'happiness', 'surprise', 'sadness', 'anger', 'disgust', 'fear', 'contempt',
         'unknown', 'NF')
"""Columns of votes, in the order of the files."""
CLASSES = tuple(class_list(VOTED[:8]))
TABLE = 'fer2013new.csv'
KNOWN = {'listed train': 28709, 'listed selection': 3589, 'listed test': 3589}
"""Images of FER2013."""
_PLACES = ('', 'images/', 'data/')
_DECIMALS = 6
_HINT = f"FER+'s root holds {TABLE} or label.csv files, and {', '.join(FOLDERS)}"


def convert(source: Source) -> Conversion:
    """Rows of the images with a majority.

    Args:
        source: Its root holds the votes and the folders of images.

    Raises:
        CorpusError: where there are no votes, no images, or nothing to convert.
    """
    source.folder('', _HINT)
    place = next((place for place in _PLACES
                  if any((source.root / place / name).is_dir() for name in FOLDERS)), None)
    if place is None:
        raise CorpusError(f'{source.root}: none of {", ".join(FOLDERS)}; {_HINT}')
    media = source.media(place.rstrip('/'))
    rows: list[Row] = []
    parts: dict[str, list[str]] = {part: [] for part in FOLDERS.values()}
    listed: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    seen: set[str] = set()
    for where, folder, name, votes in _entries(source, place):
        listed[FOLDERS[folder]] += 1
        clip = f'{folder}/{name}'
        if clip in seen:
            source.report.add(where, f'{clip} is listed twice; taken once')
            continue
        seen.add(clip)
        winner, shares = judge(votes)
        if winner is None:
            outcomes['without a majority for an expression'] += 1
            continue
        found = media.clip(clip)
        if found is not None:
            rows.append({'clip': clip, **found, 'label': CLASSES.index(winner),
                         'label_distribution': shares})
            parts[FOLDERS[folder]].append(clip)
    if outcomes:
        source.report.notes += [f'images {what}, left out: {count}'
                                for what, count in outcomes.items()]
    counts = {f'listed {part}': listed[part] for part in parts}
    counts |= {f'{part} clips': len(clips) for part, clips in parts.items()}
    division = Division('published', tuple(parts['train']), tuple(parts['test']),
                        tuple(parts['selection']))
    return conclude(source, 'ferplus', CLASSES, rows, counts, KNOWN,
                    {'protocol_published': (division, )})


def judge(votes: Sequence[int]) -> tuple[str | None, list[float]]:
    """What ten annotators say of one image.

    Args:
        votes: Number of votes for each of :data:`VOTED`.

    Returns:
        The expression that has more than half of the votes, single ones dropped, or None;
        and the shares of the expressions' votes in the order of :data:`CLASSES`, which is
        empty where there is none.
    """
    counted = [vote if vote > 1 else 0 for vote in votes]
    best = max(range(len(counted)), key=counted.__getitem__)
    if 2 * counted[best] <= sum(counted) or VOTED[best] not in CLASSES:
        return None, []
    by_name = dict(zip(VOTED, counted, strict=True))
    total = sum(by_name[name] for name in CLASSES)
    return VOTED[best], [round(by_name[name] / total, _DECIMALS) for name in CLASSES]


def _entries(source: Source, place: str) -> Iterator[tuple[str, str, str, list[int]]]:
    """(where, folder, image, votes) of every image; odd entries are reported."""
    if (source.root / TABLE).is_file():
        yield from _table_entries(source)
        return
    lists = [folder for folder in FOLDERS
             if (source.root / place / folder / 'label.csv').is_file()]
    if not lists:
        raise CorpusError(f'{source.root}: neither {TABLE} nor {place}*/label.csv; {_HINT}')
    for folder in lists:
        for where, fields in read_lines(source.root / place / folder / 'label.csv'):
            try:
                # the box is quoted and has commas of its own
                votes = _votes(fields[-len(VOTED):])
                if len(fields) <= len(VOTED):
                    raise AnnotationError(f'{len(fields)} fields, not a name, a box and '
                                          f'{len(VOTED)} votes')
                yield f'{folder}/{where}', folder, fields[0], votes
            except AnnotationError as error:
                source.report.add(f'{folder}/{where}', f'{error}; left out')


def _table_entries(source: Source) -> Iterator[tuple[str, str, str, list[int]]]:
    columns, records = read_table(source.root / TABLE)
    lacking = sorted({'Usage', 'Image name', *VOTED} - set(columns))
    if lacking:
        raise CorpusError(f'{source.root / TABLE}: no column {", ".join(lacking)}')
    for record in records:
        try:
            if record.fault:
                raise AnnotationError(record.fault)
            if not record.cells['Image name']:
                continue  # images that the authors of FER+ dropped have no name
            usage = record.cells['Usage']
            if usage not in USAGES:
                raise AnnotationError(f'Usage {usage!r} is none of {", ".join(USAGES)}')
            votes = _votes([record.cells[name] for name in VOTED])
            yield record.where, USAGES[usage], record.cells['Image name'], votes
        except AnnotationError as error:
            source.report.add(record.where, f'{error}; left out')


def _votes(texts: Sequence[str]) -> list[int]:
    if not all(text.isascii() and text.isdecimal() for text in texts):
        raise AnnotationError(f'votes {" ".join(texts)!r} are not whole numbers')
    return [int(text) for text in texts]


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Training -> PrivateTest, with PublicTest to select on."""
    return {'protocol_published': published_splits(
        annotations, 'ferplus', conversion.divisions['protocol_published'], seed=seed)}


CORPUS = Corpus('ferplus', 'FER+ (still images)',
                f'folder that holds {TABLE} or label.csv files, and {", ".join(FOLDERS)}',
                convert, protocols)
