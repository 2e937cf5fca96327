"""CK+ (Lucey et al., 2010): its folders -> annotation rows.

Layout below the root::

    cohn-kanade-images/S005/001/S005_001_00000001.png ...
    Emotion/S005/001/S005_001_00000011_emotion.txt        "   3.0000000e+00"

A sequence without an emotion file is unlabelled. Every sequence ends at its FACS-coded
peak, so a labelled row's ``apex`` is its last frame.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from mmfer.annotations import Annotations, Row, make_metainfo, resolve_inside
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.face_ledger import START_INDEX
from mmfer.corpora.report import Conversion, Report, class_counts
from mmfer.corpora.source import Source
from mmfer.corpora.traversal import FrameFolder, list_folder, read_frame_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.faces.status_runs import frames_of, parse_runs
from mmfer.labels import CKPLUS_CLASSES, canonical
from mmfer.protocols import Protocol, random_splits, step_kfold

FRAMES, EMOTION = 'cohn-kanade-images', 'Emotion'
SUBJECT_NAME = re.compile(r'S[0-9]{3}')
SEQUENCE_NAME = re.compile(r'[0-9]{3}')
EMOTION_NAME = re.compile(r'.*_([0-9]+)_emotion\.txt', re.DOTALL)
MAX_LABEL_BYTES = 1024
KNOWN = {'sequences': 593, 'subjects': 123, 'labelled sequences': 327, 'labelled subjects': 118,
         'anger': 45, 'contempt': 18, 'disgust': 59, 'fear': 25, 'happiness': 69, 'sadness': 28,
         'surprise': 83, 'fewest frames': 6, 'most frames': 71}
"""Published counts of the corpus."""
KNOWN_FOLDS = (33, 39, 40, 35, 30, 37, 29, 29, 33, 22)
"""Sequences in each of the ten folds made by step."""


@dataclass(frozen=True)
class Emotion:
    """Content of an emotion file: the expression, and the number in the file's name."""

    name: str
    peak: int


def convert(source: Source, keep_unlabelled: bool = False) -> Conversion:
    """Rows of a CK+ copy; odd entries are reported one by one and the rest is converted.

    Args:
        source: Its root holds ``cohn-kanade-images`` and ``Emotion``; own face crops have
            the layout of the former. A labelled sequence without crops is kept as a clip
            without a face.
        keep_unlabelled: Whether sequences without a label become rows too.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    root, report = source.root, source.report
    base, prefix = (source.frames, '') if source.frames else (root, f'{FRAMES}/')
    for needed in (base / prefix, root / EMOTION):
        if not needed.is_dir():
            raise CorpusError(f"{needed}: no such folder; CK+'s root holds {FRAMES}/ and "
                              f'{EMOTION}/')
    emotions = _read_emotions(root, report)
    rows: list[Row] = []
    unlabelled: list[str] = []
    lengths: list[int] = []
    subjects: set[str] = set()
    unused = dict(emotions)
    for subject, sequence in _sequences(base / prefix, report, 'images'):
        key = (subject, sequence)
        emotion = emotions.get(key)
        unused.pop(key, None)
        relative = f'{prefix}{subject}/{sequence}'
        wanted = keep_unlabelled or emotion is not None
        folder = _read_frames(base, relative, source, source.verify and wanted)
        if source.progress is not None:
            source.progress(len(lengths) + 1)
        if folder is None:
            if emotion is not None and source.frames is not None:
                unused[key] = emotion
            continue
        lengths.append(len(folder.numbers))
        subjects.add(subject)
        if emotion is None:
            unlabelled.append(f'{subject}_{sequence}')
        if wanted:
            rows.append(_row(subject, sequence, relative, folder, emotion, source))
    for (subject, sequence), emotion in sorted(unused.items()):
        if source.frames is None:
            report.add(f'{EMOTION}/{subject}/{sequence}', 'a label without images; left out')
            continue
        report.add(f'{subject}/{sequence}', 'no crop in the folder; kept as a clip without a face')
        row = {'clip': f'{subject}_{sequence}', 'frames': f'{subject}/{sequence}',
               'num_frames': 0, 'subject': subject, 'label': CKPLUS_CLASSES.index(emotion.name)}
        rows.append(row if source.faces is None else source.faces.add_to(row, report))
    if not any(row['num_frames'] for row in rows):
        raise CorpusError('\n'.join([f'{root}: nothing could be converted', *report.lines()]))
    found = {'sequences': len(lengths), 'subjects': len(subjects),
             'labelled sequences': sum('label' in row for row in rows),
             'labelled subjects': len({row['subject'] for row in rows if 'label' in row}),
             **class_counts(rows, list(CKPLUS_CLASSES)),
             'fewest frames': min(lengths), 'most frames': max(lengths),
             'frames of all rows': sum(row['num_frames'] for row in rows)}
    expected = KNOWN['sequences'] - KNOWN['labelled sequences']
    if unlabelled and len(unlabelled) != expected:
        report.notes.append(f'sequences without a label ({len(unlabelled)}, CK+ has {expected}): '
                            + ' '.join(unlabelled))
    metainfo = make_metainfo('ckplus', CKPLUS_CLASSES, rows)
    return Conversion(metainfo, rows, report, found, KNOWN)


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """FAN's folds by counting, and ten random divisions, which share people."""
    return {'protocol_10fold': step_kfold(annotations, seed=seed),
            'protocol_random80': random_splits(annotations, seed=seed)}


def _sequences(base: Path, report: Report, what: str) -> list[tuple[str, str]]:
    """(subject, sequence) of each folder two levels below ``base``, sorted."""
    sequences = []
    subjects, files = list_folder(base, report)
    for name in files:
        report.add(f'{base.name}/{name}', "a file among the subjects' folders; left out")
    for subject in subjects:
        try:
            folders, files = list_folder(base / subject, report)
        except CorpusError as error:
            report.add(f'{base.name}/{subject}', f'{error}; left out')
            continue
        if not SUBJECT_NAME.fullmatch(subject) and what == 'images':
            report.add(f'{base.name}/{subject}',
                       'not a name of a CK+ subject (S and three digits); taken as it is')
        for name in files:
            report.add(f'{base.name}/{subject}/{name}',
                       "a file among the sequences' folders; left out")
        if not folders and what == 'images':
            report.add(f'{base.name}/{subject}', 'an empty folder; left out')
        for sequence in folders:
            if not SEQUENCE_NAME.fullmatch(sequence) and what == 'images':
                report.add(f'{base.name}/{subject}/{sequence}',
                           'not a name of a CK+ sequence (three digits); taken as it is')
            sequences.append((subject, sequence))
    return sequences


def _read_emotions(root: Path, report: Report) -> dict[tuple[str, str], Emotion]:
    """Labels by (subject, sequence); unusable emotion files are reported."""
    emotions = {}
    for subject, sequence in _sequences(root / EMOTION, report, 'labels'):
        relative = f'{EMOTION}/{subject}/{sequence}'
        _, files = list_folder(root / relative, report)
        labels = []
        for name in files:
            try:
                labels.append(_read_emotion(root, f'{relative}/{name}'))
            except (AnnotationError, CorpusError) as error:
                report.add(f'{relative}/{name}', f'{error}; taken as unlabelled')
        if len(labels) > 1:
            report.add(relative, f'{len(labels)} emotion files for one sequence; taken as '
                                 'unlabelled')
        elif labels:
            emotions[subject, sequence] = labels[0]
    return emotions


def _read_emotion(root: Path, relative: str) -> Emotion:
    """Reads one emotion file; raises AnnotationError or CorpusError saying why not."""
    match = EMOTION_NAME.fullmatch(relative.rsplit('/', 1)[-1])
    if not match:
        raise CorpusError('not named like an emotion file (*_NNNNNNNN_emotion.txt)')
    path = resolve_inside(root, relative)
    try:
        with open(path, 'rb') as f:
            text = f.read(MAX_LABEL_BYTES).decode('ascii').strip()
        value = float(text)
        code = int(value)
    except OSError as error:
        raise CorpusError(f'cannot be read ({error.strerror})') from error
    except (ValueError, OverflowError) as error:
        raise CorpusError('no number in the emotion file') from error
    if code != value:
        raise CorpusError(f'label {text!r} is not a whole number')
    return Emotion(canonical(code, 'ckplus'), int(match[1]))


def _read_frames(base: Path, relative: str, source: Source, verify: bool) -> FrameFolder | None:
    start_index, gaps = (None, True) if source.faces is None else (START_INDEX, False)
    try:
        resolve_inside(base, relative)
        return read_frame_folder(base, relative, source.report, verify, start_index, gaps)
    except (AnnotationError, CorpusError) as error:
        source.report.add(relative, f'{error}; left out')
        return None


def _row(subject: str, sequence: str, relative: str, folder: FrameFolder,
         emotion: Emotion | None, source: Source) -> Row:
    row: Row = {'clip': f'{subject}_{sequence}', 'frames': relative, **folder.fields(),
                'subject': subject}
    if source.faces is not None:
        row = source.faces.add_to(row, source.report)
    if emotion is not None:
        row['label'] = CKPLUS_CLASSES.index(emotion.name)
        last = folder.numbers[-1]
        if 'face_status' in row:  # the video may go on without a face
            last = frames_of(parse_runs(row['face_status']))
        # the number in the emotion file's name is the peak's: in the file's name as the
        # corpus was published, or counted from 1 in copies that are numbered otherwise
        if emotion.peak in (last, last - 1 + folder.start_index):
            row['apex'] = [last, last]
        else:
            source.report.add(relative, f'its last frame is {last}, but the emotion file names '
                                        f'{emotion.peak} as the peak; kept without apex')
    return row


CORPUS = Corpus(
    'ckplus', 'Extended Cohn-Kanade (CK+)', f'folder that holds {FRAMES}/ and {EMOTION}/',
    convert, protocols,
    options=(Option('--keep-unlabelled', dict(
        action='store_true',
        help='keep sequences without a label too, as rows without label')), ),
    known_tests={'protocol_10fold': KNOWN_FOLDS})
