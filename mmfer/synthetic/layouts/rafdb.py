"""RAF-DB: aligned faces, their list, and the attributes of each."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.rafdb import ATTRIBUTES, LIST
from mmfer.labels import RAFDB
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count, fold_part, labels_in_turn
from mmfer.synthetic.layouts.layout import Maker

_CODES = {label: code for code, label in RAFDB.items()}
_FRAMES = 6  # of the sequence whose last frame an image shows
_LANDMARKS = '30.1\t40.2\n70.3\t40.4\n50.5\t60.6\n35.7\t80.8\n65.9\t80.0\n'


def make(seed: int, count: int, max_frames: int) -> Layout:
    """``count`` images, a fifth of them for testing; ``max_frames`` is of no meaning."""
    check_count(count, 5 * len(RAFDB), 'every expression in both parts')
    rng = np.random.default_rng([seed, 7])
    clips, lines = [], []
    files: dict[str, bytes] = {}
    numbers = {'train': 0, 'test': 0}
    for index, label in enumerate(labels_in_turn(list(RAFDB.values()), count)):
        part = fold_part(index, 1)
        numbers[part] += 1
        name = f'{part}_{numbers[part]:0{5 if part == "train" else 4}d}'
        clips.append(ClipPlan(f'basic/Image/aligned/{name}_aligned.jpg', f'person-{index}', label,
                              _FRAMES))
        lines.append(f'{name}.jpg {_CODES[label]}')
        codes = [int(rng.integers(len(meanings))) for meanings in ATTRIBUTES.values()]
        files[f'basic/Annotation/manual/{name}_manu_attri.txt'] = (
            _LANDMARKS + '\n'.join(map(str, codes)) + '\n').encode()
    files[f'basic/{LIST}'] = '\n'.join([*lines, '']).encode()
    return Layout(tuple(clips), files)


MAKER = Maker('rafdb', 'RAF-DB', 'clips', 70, make)
