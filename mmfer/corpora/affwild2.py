"""Aff-Wild2, expressions (Kollias and Zafeiriou; ABAW challenges): labels of frames -> rows.

Layout below the root, the labels also below ``annotations/``::

    EXPR_Set/{Training_Set,Validation_Set}/<video>.txt                      ABAW 2020
    EXPR_Classification_Challenge/{Train_Set,Validation_Set}/<video>.txt    ABAW 2022 and later
    cropped_aligned/<video>/00001.jpg ...

The first line of a label file names the classes, each further line is the label of a frame:
0 Neutral 1 Anger 2 Disgust 3 Fear 4 Happiness 5 Sadness 6 Surprise, from 2022 on 7 Other, -1
to ignore. Line i + 1 belongs to ``{i:05d}.jpg``; frames without a face have no file, so they
are joined by number, never by order. ``_left`` and ``_right`` are two people of one video.
No subjects are known; ``source`` is the video that a clip comes from.
"""
from __future__ import annotations

import os
import re
from pathlib import Path

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.faces.status_runs import frames_of, parse_runs
from mmfer.labels import AFFWILD2, canonical
from mmfer.protocols import Division, Protocol, published_splits

EDITIONS = {'EXPR_Set': ('Training_Set', 'Validation_Set'),
            'EXPR_Classification_Challenge': ('Train_Set', 'Validation_Set')}
"""Folder of the labels in each edition, and its folders for training and validation."""
WITH_OTHER = 'EXPR_Classification_Challenge'
FRAMES = 'cropped_aligned'
PERSON = re.compile(r'(.+)_(?:left|right)')
KNOWN = {'EXPR_Set': {'train clips': 253, 'test clips': 71},
         'EXPR_Classification_Challenge': {}}
"""Videos of each part; of 2020 as Liu et al. (FG 2020) count them."""
_HINT = f"Aff-Wild2's root holds {' or '.join(EDITIONS)}, maybe in annotations/, and {FRAMES}/"


def convert(source: Source) -> Conversion:
    """Rows of the videos of both parts, with a label for every frame.

    Args:
        source: Its root holds the labels and ``cropped_aligned``; own crops have the layout
            of the latter, with the numbers of the video's frames in the files' names.

    Raises:
        CorpusError: where there are no labels, no frames, or nothing to convert.
    """
    source.folder('', _HINT)
    edition, folder = _labels_folder(source)
    classes = tuple(AFFWILD2.values())[:None if edition == WITH_OTHER else -1]
    if source.frames is None:
        source.folder(FRAMES, _HINT)
    media = source.media(FRAMES, gaps=False)
    rows: list[Row] = []
    parts: dict[str, list[str]] = {}
    for part, name in zip(('train', 'test'), EDITIONS[edition], strict=True):
        parts[part] = []
        for video in _label_files(source, f'{folder}/{name}'):
            relative = f'{folder}/{name}/{video}.txt'
            try:
                labels = _read_labels(source, relative, classes)
            except (AnnotationError, CorpusError) as error:
                source.report.add(relative, f'{error}; left out')
                continue
            found = media.clip(video, start_index=1)
            if found is None:
                continue
            person = PERSON.fullmatch(video)
            rows.append({'clip': video, **found,
                         'frame_labels': _reaching(labels, found, relative, source),
                         'source': person[1] if person else video})
            parts[part].append(video)
    division = Division('split1', tuple(parts['train']), tuple(parts['test']))
    frames = [label for row in rows for label in row['frame_labels']]
    counts = {f'{part} clips': len(clips) for part, clips in parts.items()}
    counts |= {f'frames labelled {name}': frames.count(index)
               for index, name in enumerate(classes)}
    counts['frames ignored'] = frames.count(-1)
    counts['frames without a face'] = len(frames) - sum(row['num_frames'] for row in rows)
    return conclude(source, 'affwild2', classes, rows, counts, KNOWN[edition],
                    {'protocol_split': (division, )})


def _labels_folder(source: Source) -> tuple[str, str]:
    """The edition, and the path of its labels below the root."""
    found = [(edition, folder) for edition in EDITIONS
             for folder in (edition, f'annotations/{edition}')
             if (source.root / folder).is_dir()]
    if len(found) != 1:
        what = ' and '.join(folder for _, folder in found) or 'no labels'
        raise CorpusError(f'{source.root}: {what}; one edition at a time: {_HINT}')
    return found[0]


def _label_files(source: Source, relative: str) -> list[str]:
    """Names of the videos that have a label file, sorted."""
    path = source.folder(relative, _HINT)
    _, files = list_folder(path, source.report)
    for name in files:
        if not name.endswith('.txt'):
            source.report.add(f'{relative}/{name}', 'not a label file (.txt); left out')
    return [name[:-4] for name in files if name.endswith('.txt')]


def _read_labels(source: Source, relative: str, classes: tuple[str, ...]) -> list[int]:
    """Label of each frame from the first on, -1 to ignore.

    Raises:
        CorpusError: the file cannot be read or has no label.
        AnnotationError: a line is no label of this edition.
    """
    path = Path(source.root, relative)
    try:
        lines = path.read_text(encoding='utf-8-sig').split('\n')
    except OSError as error:
        raise CorpusError(f'cannot be read ({error.strerror})') from error
    except UnicodeDecodeError as error:
        raise CorpusError('not a text in UTF-8') from error
    while lines and not lines[-1].strip():
        lines.pop()
    if lines and not lines[0].strip().lstrip('-').isdecimal():
        lines.pop(0)  # the header
    elif lines:
        source.report.add(relative, 'no header line; every line is taken as a label')
    if not lines:
        raise CorpusError('no label in the file')
    codes: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if line not in codes:
            codes[line] = _code(line.strip(), classes, number)
    return [codes[line] for line in lines]


def _code(text: str, classes: tuple[str, ...], frame: int) -> int:
    if text == '-1':
        return -1
    try:
        if not text.isdecimal():
            raise AnnotationError(f'{text!r} is not the number of a label')
        name = canonical(text, 'affwild2')
    except AnnotationError as error:
        raise AnnotationError(f'frame {frame}: {error}') from error
    if name not in classes:
        raise AnnotationError(f'frame {frame}: label {text} ({name}) does not exist in this '
                              f'edition, which has {", ".join(classes)}')
    return classes.index(name)


def _reaching(labels: list[int], found: Row, relative: str, source: Source) -> list[int]:
    """Labels for every frame that is known of: those without one are ignored."""
    if 'face_status' in found:
        last = frames_of(parse_runs(found['face_status']))
    elif not found['num_frames']:
        return labels
    else:
        last = found['frame_numbers'][-1] if 'frame_numbers' in found else found['num_frames']
    if last > len(labels):
        source.report.add(relative, f'{len(labels)} labels, but the last frame is {last}; '
                                    f'{os.path.basename(found["frames"])}: the frames behind are '
                                    'ignored')
    return labels + [-1] * (last - len(labels))


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Training part -> validation part, which tests, for the test labels are not public."""
    return {'protocol_split': published_splits(
        annotations, 'affwild2', conversion.divisions['protocol_split'], group='source',
        seed=seed)}


CORPUS = Corpus('affwild2', 'Aff-Wild2, expressions (ABAW)',
                f'folder that holds the labels and {FRAMES}/', convert, protocols)
