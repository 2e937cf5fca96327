"""BU-4DFE (Yin et al., 2008): a folder per subject and expression -> annotation rows.

Layout below the root::

    F001/Angry/000.jpg 000.wrl 001.jpg ...      58 women, F001 to F058
    M043/Surprise/000.jpg ...                   43 men, M001 to M043

Six expressions of each subject: Angry, Disgust, Fear, Happy, Sad, Surprise. The meshes
(``.wrl``) beside the pictures are counted and not used.
"""
from __future__ import annotations

import re

from mmfer.annotations import Annotations, Row
from mmfer.corpora.clips import Clips
from mmfer.corpora.corpus import Corpus
from mmfer.corpora.expression_folders import expression_folders
from mmfer.corpora.report import Conversion
from mmfer.corpora.source import Source, conclude
from mmfer.corpora.traversal import list_folder
from mmfer.protocols import Protocol, step_kfold

SUBJECT = re.compile(r'[FM][0-9]{3}', re.IGNORECASE)
SEX = {'F': 'female', 'M': 'male'}
CLASSES = ('anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
KNOWN = {'clips': 606, 'subjects': 101, **dict.fromkeys(CLASSES, 101),
         'female subjects': 58, 'male subjects': 43}
"""Published counts: 101 subjects, each with six sequences."""


def convert(source: Source) -> Conversion:
    """Rows of a BU-4DFE copy.

    Args:
        source: Its root holds a folder for each subject; own face crops have the same
            folders.

    Raises:
        CorpusError: where there is nothing to convert.
    """
    source.folder('', 'it holds the folders of the subjects, F001 to M043')
    report = source.report
    clips = Clips(source, source.media())
    folders, files = list_folder(source.root, report)
    for name in files:
        report.add(name, "a file among the subjects' folders; left out")
    for folder in folders:
        if not SUBJECT.fullmatch(folder):
            report.add(folder, 'not a name of a BU-4DFE subject (F or M and three digits); left '
                               'out')
            continue
        subject = folder.upper()
        expressions = expression_folders(source, folder, CLASSES)
        missing = [name for index, name in enumerate(CLASSES)
                   if index not in dict(expressions).values()]
        if missing:
            report.add(folder, f'has no folder for {", ".join(missing)}')
        for name, label in expressions:
            clips.add(f'{subject}_{CLASSES[label]}', f'{folder}/{name}', label=label,
                      subject=subject, sex=SEX[subject[0]])
    return conclude(source, 'bu4dfe', CLASSES, clips.rows, _subjects(clips.rows), KNOWN)


def _subjects(rows: list[Row]) -> dict[str, int]:
    """Subjects of each sex."""
    return {f'{sex} subjects': len({row['subject'] for row in rows if row['sex'] == sex})
            for sex in SEX.values()}


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """Ten folds by counting, as CK+'s are.

    The papers write "10-fold validation" and do not say which; subjects in ascending order,
    every tenth in one fold, mixes women and men and needs no random draw.
    """
    return {'protocol_10fold': step_kfold(annotations, seed=seed)}


CORPUS = Corpus('bu4dfe', 'BU-4DFE', 'folder that holds F001/ to M043/', convert, protocols)
