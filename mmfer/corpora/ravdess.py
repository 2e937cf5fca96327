"""RAVDESS (Livingstone & Russo, 2018): numbers in file names -> annotation rows.

Layout below the root::

    Actor_01/02-01-06-01-02-01-01.mp4

The seven numbers: modality (01 pictures and sound, 02 pictures, 03 sound), channel (01
speech, 02 song), emotion, intensity (01 normal, 02 strong), statement (01 "Kids are talking
by the door", 02 "Dogs are sitting by the door"), repetition, actor. Actors with an even
number are women. Sound (``.wav``) is counted and not used.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mmfer.annotations import Annotations, Row
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, clip_stem, conclude, list_clips
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError
from mmfer.labels import RAVDESS, canonical, class_list
from mmfer.protocols import Protocol, consecutive_kfold

ACTOR = re.compile(r'actor_([0-9]{2})', re.IGNORECASE)
NAME = re.compile(r'-'.join([r'([0-9]{2})'] * 7))
MODALITIES = {'video': '02', 'audiovideo': '01'}
CHANNELS = {'speech': '01', 'song': '02'}
INTENSITIES = {'01': 'normal', '02': 'strong'}
STATEMENTS = {'01': 'kids', '02': 'dogs'}
NOT_SUNG = ('disgust', 'surprise')
ACTORS, PER_FOLD = 24, 4
KNOWN = {'speech': {'clips': 1440, 'subjects': 24, 'neutral': 96}
         | dict.fromkeys(('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'calm'),
                         192),
         'song': {'clips': 1012, 'subjects': 23, 'neutral': 92}
         | dict.fromkeys(('anger', 'fear', 'happiness', 'sadness', 'calm'), 184)}
"""Published counts of either modality: per actor two statements, each said or sung twice, in
two intensities but for neutral. Actor 18 does not sing."""


def convert(source: Source, modality: str = 'video', channel: str = 'speech',
            merge_calm: bool = False) -> Conversion:
    """Rows of a RAVDESS copy.

    Args:
        source: Its root holds ``Actor_01`` to ``Actor_24``; own face crops have the same
            folders, with a folder of frames in place of each video.
        modality: ``'video'`` or ``'audiovideo'``. Both show the same takes, so only one of
            them is converted; the other one is counted.
        channel: ``'speech'`` or ``'song'``.
        merge_calm: Whether calm counts as neutral.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    source.folder('', 'it holds Actor_01/ to Actor_24/')
    classes = _classes(channel, merge_calm)
    clips = Clips(source, source.media())
    others: Counter[str] = Counter()
    for actor, entry in _entries(source):
        stem = clip_stem(entry.rsplit('/', 1)[-1])
        match = NAME.fullmatch(stem)
        try:
            if match is None:
                raise AnnotationError('not a name of RAVDESS (seven numbers of two digits)')
            if match.group(1, 2) != (MODALITIES[modality], CHANNELS[channel]):
                others[f'{match[1]}-{match[2]}-...'] += 1
                continue
            label, fields = _read(match, actor, merge_calm)
            if label not in classes:
                raise AnnotationError(f'{label} is not sung')
        except AnnotationError as error:
            source.report.add(entry, f'{error}; left out')
            continue
        clips.add(stem, entry, label=classes.index(label), **fields)
    if others:
        counted = ', '.join(f'{kind} x {count}' for kind, count in sorted(others.items()))
        source.report.notes.append(f'clips of another modality or channel, left out: {counted}')
    known = dict(KNOWN[channel])
    if merge_calm:
        known['neutral'] += known.pop('calm')
    return conclude(source, 'ravdess', classes, clips.rows, known=known)


def _classes(channel: str, merge_calm: bool) -> list[str]:
    absent = {*(NOT_SUNG if channel == 'song' else ()), *(['calm'] if merge_calm else ())}
    return class_list(name for name in RAVDESS.values() if name not in absent)


def _entries(source: Source) -> Iterator[tuple[str, str]]:
    """(number of the actor, path) of every clip, sorted; what is none is reported."""
    folders, files = list_folder(source.root, source.report)
    for name in files:
        source.report.add(name, "a file among the actors' folders; left out")
    for folder in folders:
        match = ACTOR.fullmatch(folder)
        if match is None or not 1 <= int(match[1]) <= ACTORS:
            source.report.add(folder, 'not a name of an actor (Actor_01 to Actor_24); left out')
            continue
        for name in list_clips(source.root / folder, source.report):
            yield match[1], f'{folder}/{name}'


def _read(match: re.Match[str], actor: str, merge_calm: bool) -> tuple[str, Row]:
    """Label, and the row's other fields; raises AnnotationError for numbers without meaning."""
    emotion, intensity, statement, repetition, named = match.groups()[2:]
    if named != actor:
        raise AnnotationError(f'its name says actor {named}, its folder {actor}')
    label = canonical(emotion, 'ravdess')
    if intensity not in INTENSITIES or statement not in STATEMENTS or repetition not in ('01',
                                                                                         '02'):
        raise AnnotationError('intensity, statement and repetition are 01 or 02')
    return 'neutral' if merge_calm and label == 'calm' else label, {
        'subject': actor, 'sex': 'male' if int(actor) % 2 else 'female',
        'intensity': INTENSITIES[intensity], 'statement': STATEMENTS[statement],
        'repetition': int(repetition)}


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Six folds of four consecutive actors, by number, whichever of them are there."""
    actors = {row['subject'] for row in annotations.labelled}
    sizes = [sum(f'{actor:02d}' in actors for actor in range(first, first + PER_FOLD))
             for first in range(1, ACTORS + 1, PER_FOLD)]
    return {'protocol_6fold': consecutive_kfold(annotations, [size for size in sizes if size],
                                                seed)}


CORPUS = Corpus(
    'ravdess', 'RAVDESS', 'folder that holds Actor_01/ to Actor_24/', convert, protocols,
    options=(
        Option('--modality', dict(
            choices=tuple(MODALITIES), default='video',
            help='which of the two recordings of each take; default: video, the one without '
                 'sound')),
        Option('--channel', dict(choices=tuple(CHANNELS), default='speech',
                                 help='default: speech')),
        Option('--merge-calm', dict(action='store_true', help='count calm as neutral')),
    ))
