"""AffectNet: still images in either of its two layouts."""
from __future__ import annotations

import io

import numpy as np

from mmfer.corpora.affectnet import IMAGES, SETS, TABLES
from mmfer.corpora.corpus import Option
from mmfer.labels import AFFECTNET
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count, fold_part, labels_in_turn
from mmfer.synthetic.layouts.layout import Maker

HEADER = ('subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,'
          'expression,valence,arousal')
_CODES = {label: code for code, label in AFFECTNET.items()}
_UNCERTAIN = 9
_FRAMES = 6  # of the sequence whose last frame an image shows


def make(seed: int, count: int, max_frames: int, edition: str = 'sets') -> Layout:
    """``count`` images, a fifth of them for validation, and one that is labelled uncertain.

    Args:
        seed: Of the names.
        count: Images.
        max_frames: Of no meaning for still images.
        edition: ``'sets'`` with a NumPy file for each label, or ``'tables'`` with CSVs.
    """
    check_count(count, 5 * len(AFFECTNET), 'every expression in both parts')
    rng = np.random.default_rng([seed, 8])
    clips = []
    files: dict[str, bytes] = {}
    tables = {part: [HEADER] for part in TABLES}
    shown = labels_in_turn(list(AFFECTNET.values()), count)
    for index, label in enumerate([*shown, None]):
        part = 'train' if label is None else fold_part(index, 1)
        code = _UNCERTAIN if label is None else _CODES[label]
        if edition == 'tables':
            name = f'{rng.integers(1, 1400)}/{rng.bytes(8).hex()}.jpg'
            path = f'{IMAGES}/{name}'
            tables[part].append(f'{name},1,1,40,40,"1.0;2.0",{code},0.1,-0.2')
        else:
            path = f'{SETS[part]}/images/{index}.jpg'
            buffer = io.BytesIO()
            np.save(buffer, np.array(str(code)), allow_pickle=False)
            files[f'{SETS[part]}/annotations/{index}_exp.npy'] = buffer.getvalue()
        clips.append(ClipPlan(path, f'person-{index}', label, _FRAMES))
    if edition == 'tables':
        files = {TABLES[part]: '\n'.join([*lines, '']).encode() for part, lines in tables.items()}
    return Layout(tuple(clips), files)


MAKER = Maker('affectnet', 'AffectNet', 'clips', 80, make, (
    Option('--edition', dict(choices=('sets', 'tables'), default='sets',
                             help='a file for each label (default), or CSVs')), ))
