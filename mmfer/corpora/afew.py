"""AFEW 8.0 (Dhall et al., EmotiW): a folder per part and expression -> annotation rows.

Layout below the root::

    Train_AFEW/Angry/000046240.avi      also train_afew; .mp4; a folder of frames per clip
    Val_AFEW/Happy/012345678.avi        also val_afew

The test part has no public labels. There are no subjects; published lists of the validation
part hold 383, 381 or 352 clips, so every score needs its denominator.
"""
from __future__ import annotations

from mmfer.annotations import Annotations, Row
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.expression_folders import expression_folders
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, clip_stem, conclude, list_clips
from mmfer.corpora.traversal import list_folder
from mmfer.protocols import Protocol, column_split

PARTS = {'train_afew': 'train', 'val_afew': 'test'}
"""Folders, in lower case, and the part of the split that each is."""
CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'neutral', 'sadness', 'surprise')
KNOWN = {'train clips': 773, 'test clips': 383, 'test anger': 64, 'test disgust': 40,
         'test fear': 46, 'test happiness': 63, 'test neutral': 63, 'test sadness': 61,
         'test surprise': 46}
"""Published counts; the test clips are the official validation part."""
PUBLIC_LISTS = ((771, 381), (738, 352))
"""Clips of the two parts in public lists, which lack some of the corpus."""


def convert(source: Source) -> Conversion:
    """Rows of an AFEW copy.

    Args:
        source: Its root holds ``Train_AFEW`` and ``Val_AFEW``; own face crops have the same
            folders, with a folder of frames in place of each video.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    source.folder('', 'it holds Train_AFEW/ and Val_AFEW/')
    report = source.report
    clips = Clips(source, source.media())
    folders, files = list_folder(source.root, report)
    for name in files:
        report.add(name, 'a file beside the parts; left out')
    for folder in folders:
        part = PARTS.get(folder.lower())
        if part is None:
            report.add(folder, 'neither Train_AFEW nor Val_AFEW, in any case; left out')
            continue
        for name, label in expression_folders(source, folder, CLASSES):
            for media in list_clips(source.root / folder / name, report):
                clips.add(f'{part}/{clip_stem(media)}', f'{folder}/{name}/{media}', label=label,
                          split=part)
    counts = _parts(clips.rows)
    sizes = (counts['train clips'], counts['test clips'])
    if sizes in PUBLIC_LISTS:
        report.notes.append(f'{sizes[0]} and {sizes[1]} clips: as many as a public list has; '
                            'scores over them are not scores over the official 383')
    return conclude(source, 'afew', CLASSES, clips.rows, counts, KNOWN)


def _parts(rows: list[Row]) -> dict[str, int]:
    """Clips of each part, and of each class in it."""
    counts = {}
    for part in PARTS.values():
        own = [row for row in rows if row['split'] == part]
        counts[f'{part} clips'] = len(own)
        counts |= {f'{part} {label}': sum(row['label'] == index for row in own)
                   for index, label in enumerate(CLASSES)}
    return counts


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Training part -> validation part, which tests, for the test labels are not public."""
    return {'protocol_split': column_split(annotations, seed=seed)}


CORPUS = Corpus('afew', 'AFEW 8.0 (EmotiW)', 'folder that holds Train_AFEW/ and Val_AFEW/',
                convert, protocols, known_tests={'protocol_split': (383, )})
