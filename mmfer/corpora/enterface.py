"""eNTERFACE'05 (Martin et al., 2006): folders and file names -> annotation rows.

Layout below the root::

    subject 1/anger/sentence 1/s1_an_1.avi      an di fe ha sa su

Blanks in the folders' names may be hyphens or underscores. The folders count where a name
says otherwise, as the names of subject 11 do (``s12_an_1.avi``). The videos of subject 6 are
not cut into sentences, so they lie in the expressions' folders.
"""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from mmfer.annotations import Annotations, Row
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.expression_folders import expression_folders
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, clip_stem, conclude, list_clips
from mmfer.corpora.traversal import list_folder
from mmfer.errors import CorpusError
from mmfer.protocols import Protocol, random_splits, subject_kfold

SUBJECT = re.compile(r'subject[ _-]?([0-9]+)', re.IGNORECASE)
SENTENCE = re.compile(r'sentence[ _-]?([0-9]+)', re.IGNORECASE)
# s_3_an_1 and s16_su_3avi are names of the corpus as well
NAME = re.compile(r's_?([0-9]+)_([a-z]{2})(?:_([0-9]+)(?:avi)?)?', re.IGNORECASE)
CODES = {'an': 'anger', 'di': 'disgust', 'fe': 'fear', 'ha': 'happiness', 'sa': 'sadness',
         'su': 'surprise'}
CLASSES = tuple(CODES.values())
UNCUT = 6
KNOWN = {
    'as distributed, without subject 6': {
        'clips': 1287, 'subjects': 43, **dict.fromkeys(CLASSES, 215), 'happiness': 212},
    'as distributed, with subject 6': {
        'clips': 1293, 'subjects': 44, **dict.fromkeys(CLASSES, 216), 'happiness': 213},
    'in the paper': {'clips': 1166, 'subjects': 42},
}
"""Counts of the corpus's versions. 42 subjects have 30 clips each, subject 23 has 27."""


def convert(source: Source, exclude_subjects: Sequence[int] = (UNCUT, )) -> Conversion:
    """Rows of an eNTERFACE'05 copy.

    Args:
        source: Its root holds ``subject 1`` and so on; own face crops have the same folders,
            with a folder of frames in place of each video.
        exclude_subjects: Whose clips are left out. By default subject 6's, whose videos are
            whole recordings, not sentences.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    source.folder('', 'it holds the folders "subject 1" to "subject 44"')
    clips = Clips(source, source.media())
    excluded: Counter[int] = Counter()
    renamed: Counter[str] = Counter()
    for subject, label, sentence, entry in _entries(source):
        match = NAME.fullmatch(clip_stem(entry.rsplit('/', 1)[-1]))
        if match is None:
            source.report.add(entry, "not a name of eNTERFACE'05, such as s1_an_1; left out")
            continue
        code = match[2].lower()
        if CODES.get(code) != CLASSES[label]:
            source.report.add(entry, f'its name says {CODES.get(code, code)}, its folder '
                                     f'{CLASSES[label]}; left out')
            continue
        if subject in exclude_subjects:
            excluded[subject] += 1
            continue
        if int(match[1]) != subject:
            renamed[f'{entry.split("/")[0]}: s{match[1]}'] += 1
        number = sentence or (int(match[3]) if match[3] else None)
        if match[3] and int(match[3]) != number:
            source.report.add(entry, f'its name says sentence {match[3]}, its folder {number}; '
                                     'taken as the folder says')
        fields: Row = {'subject': str(subject)} | ({'sentence': number} if number else {})
        suffix = f'_{number}' if number else ''
        clips.add(f's{subject}_{code}{suffix}', entry, label=label, **fields)
    for what, count in sorted(renamed.items()):
        folder, name = what.split(': ')
        source.report.add(folder, f'{count} files are named {name}_...; taken as the folder says')
    if excluded:
        counted = ', '.join(f'subject {subject} ({count} clips)'
                            for subject, count in sorted(excluded.items()))
        source.report.notes.append(f'left out as --exclude-subjects says: {counted}')
    return _compared(source, clips.rows)


def _entries(source: Source) -> Iterator[tuple[int, int, int | None, str]]:
    """(subject, index of the class, sentence or None, path) of every clip, sorted."""
    folders, files = list_folder(source.root, source.report)
    for name in files:
        source.report.add(name, "a file among the subjects' folders; left out")
    for folder in folders:
        match = SUBJECT.fullmatch(folder)
        if match is None:
            source.report.add(folder, 'not a name of a subject ("subject 1"); left out')
            continue
        for expression, label in expression_folders(source, folder, CLASSES):
            for sentence, entry in _sentences(source, f'{folder}/{expression}'):
                yield int(match[1]), label, sentence, entry


def _sentences(source: Source, relative: str) -> Iterator[tuple[int | None, str]]:
    """(sentence, path) of every clip in the folder of an expression.

    A folder that is not called after a sentence is a clip itself.
    """
    for name in list_clips(source.root / relative, source.report):
        match = SENTENCE.fullmatch(name)
        if match is None:
            yield None, f'{relative}/{name}'
            continue
        entry = f'{relative}/{name}'
        try:
            videos = list_clips(source.root / entry, source.report)
        except CorpusError as error:
            source.report.add(entry, f'{error}; left out')
            continue
        if not videos:
            source.report.add(entry, 'no video in the folder; left out')
        for video in videos:
            yield int(match[1]), f'{entry}/{video}'


def _compared(source: Source, rows: list[Row]) -> Conversion:
    """The conversion, beside the counts of that version of the corpus which it is."""
    uncut = any(row['subject'] == str(UNCUT) for row in rows)
    distributed = f'as distributed, {"with" if uncut else "without"} subject {UNCUT}'
    version = next((name for name, counts in KNOWN.items() if counts['clips'] == len(rows)),
                   distributed)
    conversion = conclude(source, 'enterface', CLASSES, rows, known=KNOWN[version])
    counted = '; '.join(f'{name}: {counts["clips"]:,} clips of {counts["subjects"]} subjects'
                        for name, counts in KNOWN.items())
    source.report.notes.append(f'compared with the corpus {version} ({counted})')
    return conversion


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Five folds by subject, and ten random divisions, as in the papers, which share people."""
    return {'protocol_5fold': subject_kfold(annotations, 5, seed),
            'protocol_random80': random_splits(annotations, seed=seed)}


CORPUS = Corpus(
    'enterface', "eNTERFACE'05", 'folder that holds "subject 1" to "subject 44"', convert,
    protocols, options=(Option('--exclude-subjects', dict(
        type=int, nargs='*', default=[UNCUT], metavar='N',
        help='subjects to leave out; default: 6, whose videos are not cut into sentences; '
             'without a number: none')), ))
