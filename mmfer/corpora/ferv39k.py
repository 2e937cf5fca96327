"""FERV39k (Wang et al., CVPR 2022): its lists of all scenes -> annotation rows.

Layout below the root::

    2_ClipsforFaceCrop/Action/Happy/0267/...            a folder of frames (or 0267.mp4)
    4_setups/All_scenes/train_All.csv, test_All.csv     "Action/Happy/0267 Happy"

Another edition of the lists has a header ``path,id`` and a number in place of the name. As
numberings differ from one public loader to the next, the label is the folder's name; what
stands behind the path must agree with it. No subjects are known.
"""
from __future__ import annotations

from collections.abc import Iterator

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.lists import Entry, Lists, read_lines
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.errors import AnnotationError
from mmfer.labels import canonical
from mmfer.protocols import Protocol, published_splits

CLIPS, LISTS = '2_ClipsforFaceCrop', '4_setups/All_scenes'
CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
KNOWN = {'train clips': 31088, 'test clips': 7847, 'scenes': 22}
_HINT = f"FERV39k's root holds {CLIPS}/ and {LISTS}/"


def convert(source: Source) -> Conversion:
    """Rows of the clips that the lists of all scenes name.

    Args:
        source: Its root holds ``2_ClipsforFaceCrop`` and ``4_setups``.

    Raises:
        CorpusError: where there are no lists, no clips, or nothing to convert.
    """
    source.folder(LISTS, _HINT)
    if source.frames is None:
        source.folder(CLIPS, _HINT)
    lists = Lists(source.report)
    for part in ('train', 'test'):
        lists.add('published', part, _entries(source, f'{LISTS}/{part}_All.csv'))
    media = source.media(CLIPS)
    rows: list[Row] = []
    for clip, label in lists.labels.items():
        found = media.clip(clip)
        if found is not None:
            rows.append({'clip': clip, **found, 'label': CLASSES.index(label),
                         'scene': clip.split('/')[0]})
    (division, ) = lists.divisions(rows)
    counts = {'train clips': len(division.train), 'test clips': len(division.test),
              'scenes': len({row['scene'] for row in rows})}
    return conclude(source, 'ferv39k', CLASSES, rows, counts, KNOWN,
                    {'protocol_published': (division, )})


def _entries(source: Source, relative: str) -> Iterator[Entry]:
    """Entries of one list; odd ones are reported."""
    meaning: dict[str, str] = {}
    for where, fields in read_lines(source.root / relative):
        if fields[0].lower() == 'path':
            continue  # the header
        path = fields[0].replace('\\', '/').strip('/')
        try:
            parts = path.split('/')
            if len(parts) != 3:
                raise AnnotationError(f'{path!r} is not Scene/Emotion/clip')
            label = canonical(parts[1])
            if label not in CLASSES:
                raise AnnotationError(f'{label} is no class of FERV39k')
            _check_given(' '.join(fields[1:]), label, meaning)
            yield Entry(where, path, label)
        except AnnotationError as error:
            source.report.add(f'{relative}, {where}', f'{error}; left out')
    if meaning:
        table = ', '.join(f'{code} {label}' for code, label in sorted(meaning.items()))
        source.report.notes.append(f"{relative} numbers the expressions {table}; the folders' "
                                   'names are taken')


def _check_given(given: str, label: str, meaning: dict[str, str]) -> None:
    """Raises AnnotationError where what stands behind a path contradicts its folder.

    Args:
        given: A name, or a number, whose meaning is learnt from its first use.
        label: Expression of the folder.
        meaning: Of the numbers so far; grows.
    """
    if not given:
        return
    stated = meaning.setdefault(given, label) if given.lstrip('-').isdecimal() else \
        canonical(given)
    if stated != label:
        raise AnnotationError(f'the list says {given!r}, which is {stated}, but the folder says '
                              f'{label}')


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """The published division."""
    divisions = conversion.divisions['protocol_published']
    return {'protocol_published': published_splits(annotations, 'ferv39k', divisions, seed=seed)}


CORPUS = Corpus('ferv39k', 'FERV39k', f'folder that holds {CLIPS}/ and {LISTS}/', convert,
                protocols, known_tests={'protocol_published': (7847, )})
