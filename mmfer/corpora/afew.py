"""AFEW 8.0 (Dhall et al., EmotiW): a folder per part and expression -> annotation rows.

Layout below the root::

    Train_AFEW/Angry/000046240.avi      also train_afew; .mp4; a folder of frames per clip
    Val_AFEW/Happy/012345678.avi        also val_afew

The test part has no public labels. There are no subjects; published lists of the validation
part hold 383, 381 or 352 clips, so every score needs its denominator.
"""
from __future__ import annotations

from mmfer.annotations import Annotations, Row
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude, list_clips
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError
from mmfer.labels import canonical
from mmfer.protocols import Protocol, column_split

PARTS = {'train_afew': 'train', 'val_afew': 'test'}
"""Folders, in lower case, and the part of the split that each is."""
CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
KNOWN = {'train clips': 773, 'test clips': 383, 'test anger': 64, 'test disgust': 40,
         'test fear': 46, 'test happiness': 63, 'test neutral': 63, 'test sadness': 61,
         'test surprise': 46}
"""Published counts; the test clips are the official validation part."""


def convert(source: Source) -> Conversion:
    """Rows of an AFEW copy.

    Args:
        source: Its root holds ``Train_AFEW`` and ``Val_AFEW``; own face crops have the same
            folders, with a folder of frames in place of each video.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    source.folder('', 'it holds Train_AFEW/ and Val_AFEW/')
    report, media = source.report, source.media()
    folders, files = list_folder(source.root, report)
    for name in files:
        report.add(name, 'a file beside the parts; left out')
    rows: list[Row] = []
    for part in folders:
        if part.lower() not in PARTS:
            report.add(part, f'not a part of AFEW ({", ".join(PARTS)}, in any case); left out')
            continue
        for name, label in _expressions(source, part):
            for clip in list_clips(source.root / part / name, report):
                found = media.clip(f'{part}/{name}/{clip}')
                if found is not None:
                    rows.append({'clip': f'{PARTS[part.lower()]}/{clip.rsplit(".", 1)[0]}',
                                 **found, 'label': CLASSES.index(label),
                                 'split': PARTS[part.lower()]})
    counts: dict[str, int] = {}
    for part in PARTS.values():
        own = [row for row in rows if row['split'] == part]
        counts[f'{part} clips'] = len(own)
        counts |= {f'{part} {label}': sum(row['label'] == index for row in own)
                   for index, label in enumerate(CLASSES)}
    return conclude(source, 'afew', CLASSES, rows, counts, KNOWN)


def _expressions(source: Source, part: str) -> list[tuple[str, str]]:
    """(folder, expression) of one part, sorted; what is no expression is reported."""
    found = []
    folders, files = list_folder(source.root / part, source.report)
    for name in files:
        source.report.add(f'{part}/{name}', "a file among the expressions' folders; left out")
    for name in folders:
        try:
            label = canonical(name)
            if label not in CLASSES:
                raise AnnotationError(f'{label} is no class of AFEW')
        except AnnotationError as error:
            source.report.add(f'{part}/{name}', f'{error}; left out')
            continue
        found.append((name, label))
    return found


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Training part -> validation part, which tests, for the test labels are not public."""
    return {'protocol_split': column_split(annotations, seed=seed)}


CORPUS = Corpus('afew', 'AFEW 8.0 (EmotiW)', 'folder that holds Train_AFEW/ and Val_AFEW/',
                convert, protocols, known_tests={'protocol_split': (383, )})
