"""RAF-DB, basic expressions (Li et al., CVPR 2017): still images -> annotation rows.

Layout below the root, also below ``basic/``::

    EmoLabel/list_patition_label.txt                "train_00001.jpg 5" (the name is RAF-DB's)
    Image/aligned/train_00001_aligned.jpg           Image/original/train_00001.jpg
    Annotation/manual/train_00001_manu_attri.txt    5 landmarks, then sex, race, age

Codes: 1 Surprise 2 Fear 3 Disgust 4 Happiness 5 Sadness 6 Anger 7 Neutral. The attributes,
where they are there, become the columns ``sex``, ``race`` and ``age_group``.
"""
from __future__ import annotations

from collections.abc import Iterator

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.lists import Entry, Lists, read_lines
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import RAFDB, canonical, class_list
from mmfer.protocols import Protocol, published_splits

LIST = 'EmoLabel/list_patition_label.txt'
IMAGES = {'aligned': '_aligned.jpg', 'original': '.jpg'}
"""Folders of images, and what their names end in."""
PARTS = ('train', 'test')
CLASSES = tuple(class_list(RAFDB.values()))
ATTRIBUTES = {'sex': ('male', 'female', 'unsure'),
              'race': ('Caucasian', 'African-American', 'Asian'),
              'age_group': ('0-3', '4-19', '20-39', '40-69', '70+')}
"""Last three numbers of an attribute file, in their order, and what they stand for."""
KNOWN = {'train clips': 12271, 'test clips': 3068}
_HINT = f"RAF-DB's root, or basic/ in it, holds {LIST} and Image/"


def convert(source: Source, images: str = 'aligned') -> Conversion:
    """Rows of the images of the basic expressions.

    Args:
        source: Its root, or ``basic`` below it, holds the list and the images.
        images: ``'aligned'`` faces of 100 x 100 pixels, or ``'original'`` photographs.

    Raises:
        CorpusError: where there is no list, no images, or nothing to convert.
    """
    source.folder('', _HINT)
    base = next((base for base in ('', 'basic/') if (source.root / base / LIST).is_file()), None)
    if base is None:
        raise CorpusError(f'{source.root}: no {LIST}; {_HINT}')
    lists = Lists(source.report)
    entries = list(_entries(source, base + LIST))
    for part in PARTS:
        lists.add('published', part, (e for e in entries if e.clip.startswith(f'{part}_')))
    inner = f'{base}Image/{images}'
    if source.frames is None:
        source.folder(inner, _HINT)
    media = source.media(inner)
    rows: list[Row] = []
    for clip, label in lists.labels.items():
        found = media.clip(clip + IMAGES[images])
        if found is not None:
            rows.append({'clip': clip, **found, 'label': CLASSES.index(label),
                         **_attributes(source, f'{base}Annotation/manual/{clip}_manu_attri.txt')})
    (division, ) = lists.divisions(rows)
    counts = {'train clips': len(division.train), 'test clips': len(division.test)}
    return conclude(source, 'rafdb', CLASSES, rows, counts, KNOWN,
                    {'protocol_published': (division, )})


def _entries(source: Source, relative: str) -> Iterator[Entry]:
    """Entries of the list; odd ones are reported."""
    for where, fields in read_lines(source.root / relative):
        try:
            if len(fields) != 2:
                raise AnnotationError('not a name and a label')
            stem = fields[0].rsplit('.', 1)[0]
            if not stem.startswith(tuple(f'{part}_' for part in PARTS)) or '/' in stem:
                raise AnnotationError(f'{fields[0]!r} is no image of the parts '
                                      f'{", ".join(PARTS)}')
            yield Entry(where, stem, canonical(fields[1], 'rafdb'))
        except AnnotationError as error:
            source.report.add(f'{relative}, {where}', f'{error}; left out')


def _attributes(source: Source, relative: str) -> dict[str, str]:
    """Sex, race and age group of one image; nothing where they are not recorded."""
    try:
        lines = (source.root / relative).read_text(encoding='utf-8').split('\n')
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        source.report.add(relative, f'cannot be read ({error}); converted without attributes')
        return {}
    codes = [line.strip() for line in lines if line.strip()][-len(ATTRIBUTES):]
    found = {}
    for (name, meanings), code in zip(ATTRIBUTES.items(), codes, strict=False):
        if not code.isdecimal() or int(code) >= len(meanings):
            source.report.add(relative, f'{name} {code!r} has no meaning; left out')
            continue
        found[name] = meanings[int(code)]
    return found


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """The published division."""
    return {'protocol_published': published_splits(
        annotations, 'rafdb', conversion.divisions['protocol_published'], seed=seed)}


CORPUS = Corpus(
    'rafdb', 'RAF-DB, basic expressions (still images)',
    'folder that holds EmoLabel/ and Image/, or basic/ with them', convert, protocols,
    options=(Option('--images', dict(choices=tuple(IMAGES), default='aligned',
                                     help='which of its images; default: aligned')), ),
    known_tests={'protocol_published': (3068, )})
