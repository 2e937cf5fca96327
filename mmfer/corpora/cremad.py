"""CREMA-D (Cao et al., 2014): parts of file names, and a table of the actors -> rows.

Layout below the root::

    VideoFlash/1001_DFA_ANG_XX.flv      actor, sentence, emotion, level; also .mp4 and the like
    VideoDemographics.csv               ActorID,Age,Sex,Race,Ethnicity

The repository keeps its videos in Git LFS: without ``git lfs pull`` they are pointers, which
are reported.
"""
from __future__ import annotations

import re

from mmfer.annotations import Annotations, Row
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, clip_stem, conclude, list_clips
from mmfer.corpora.table import read_table
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import canonical
from mmfer.protocols import Protocol, consecutive_kfold

VIDEOS, TABLE = 'VideoFlash', 'VideoDemographics.csv'
# one name of the corpus ends in a single X
NAME = re.compile(r'([0-9]{4})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)')
SENTENCES = ('DFA', 'IEO', 'IOM', 'ITH', 'ITS', 'IWL', 'IWW', 'MTI', 'TAI', 'TIE', 'TSI', 'WSI')
LEVELS = {'LO': 'low', 'MD': 'medium', 'HI': 'high', 'XX': 'unspecified', 'X': 'unspecified'}
CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness')
FIRST_ACTOR, ACTORS, FOLDS, PER_FOLD = 1001, 91, 5, 18
COLUMNS = {'Age': 'age', 'Sex': 'sex', 'Race': 'race', 'Ethnicity': 'ethnicity'}
KNOWN = {'clips': 7442, 'subjects': 91, **dict.fromkeys(CLASSES, 1271), 'neutral': 1087,
         'female subjects': 43, 'male subjects': 48}
"""Published counts."""


def convert(source: Source) -> Conversion:
    """Rows of a CREMA-D copy.

    Args:
        source: Its root holds ``VideoFlash`` and ``VideoDemographics.csv``; own face crops
            are laid out as the former, a folder of frames for each video. Without the table
            rows lack age, sex, race and ethnicity.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    folder = source.folder(VIDEOS, f'the root holds {VIDEOS}/ and {TABLE}')
    actors = _actors(source)
    clips = Clips(source, source.media(VIDEOS))
    unlisted = set()
    for name in list_clips(folder, source.report):
        try:
            label, fields = _read(clip_stem(name))
        except AnnotationError as error:
            source.report.add(f'{VIDEOS}/{name}', f'{error}; left out')
            continue
        subject = fields['subject']
        if actors and subject not in actors:
            unlisted.add(subject)
        clips.add(clip_stem(name), name, label=CLASSES.index(label), **fields,
                  **actors.get(subject, {}))
    for subject in sorted(unlisted):
        source.report.add(TABLE, f'has no actor {subject}; converted without age, sex, race and '
                                 'ethnicity')
    counts = {f'{sex} subjects': len({row['subject'] for row in clips.rows
                                      if row.get('sex') == sex}) for sex in ('female', 'male')}
    return conclude(source, 'cremad', CLASSES, clips.rows, counts, KNOWN)


def _read(stem: str) -> tuple[str, Row]:
    """Label and other fields that a name gives; raises AnnotationError where it is none."""
    match = NAME.fullmatch(stem)
    if match is None:
        raise AnnotationError('not a name of CREMA-D, such as 1001_DFA_ANG_XX')
    actor, sentence, emotion, level = match.groups()
    if not FIRST_ACTOR <= int(actor) < FIRST_ACTOR + ACTORS:
        raise AnnotationError(f'{actor} is not an actor (1001 to 1091)')
    if sentence not in SENTENCES:
        raise AnnotationError(f'{sentence} is not a sentence ({", ".join(SENTENCES)})')
    label = canonical(emotion)
    if label not in CLASSES:
        raise AnnotationError(f'{label} is no class of CREMA-D')
    return label, {'subject': actor, 'sentence': sentence, 'level': LEVELS[level]}


def _actors(source: Source) -> dict[str, Row]:
    """The columns of each actor; {} where there is no table, which is reported."""
    try:
        columns, records = read_table(source.root / TABLE)
        absent = {'ActorID', *COLUMNS} - set(columns)
        if absent:
            raise CorpusError(f'has no column {", ".join(sorted(absent))}')
    except CorpusError as error:
        source.report.add(TABLE, f'{error}; converted without age, sex, race and ethnicity')
        return {}
    actors: dict[str, Row] = {}
    for record in records:
        cells = record.cells
        if record.fault or cells['ActorID'] in actors or not cells['Age'].isdecimal():
            fault = record.fault or ('the actor is listed already' if cells['ActorID'] in actors
                                     else f'{cells["Age"]!r} is no age')
            source.report.add(record.where, f'{fault}; left out')
            continue
        actors[cells['ActorID']] = {'age': int(cells['Age']), 'sex': cells['Sex'].lower(),
                                    'race': cells['Race'], 'ethnicity': cells['Ethnicity']}
    return actors


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Five folds of 18 consecutive actors, by number; the last one has the 91st too."""
    fold = [min((int(subject) - FIRST_ACTOR) // PER_FOLD, FOLDS - 1)
            for subject in {row['subject'] for row in annotations.labelled}]
    sizes = [fold.count(index) for index in range(FOLDS)]
    return {'protocol_5fold': consecutive_kfold(annotations, [size for size in sizes if size],
                                                seed)}


CORPUS = Corpus('cremad', 'CREMA-D', f'folder that holds {VIDEOS}/ and {TABLE}', convert,
                protocols)
