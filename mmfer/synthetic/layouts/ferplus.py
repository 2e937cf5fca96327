"""FER+: images of FER2013 and the votes of ten annotators."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.corpora.ferplus import TABLE, USAGES, VOTED
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count
from mmfer.synthetic.layouts.layout import Maker

_USAGES = ('Training', 'Training', 'Training', 'PublicTest', 'PrivateTest')
_FRAMES = 6  # of the sequence whose last frame an image shows


def make(seed: int, count: int, max_frames: int, label_files: bool = False) -> Layout:
    """``count`` images, three fifths for training; every eleventh has no majority.

    Args:
        seed: Of the votes.
        count: Images.
        max_frames: Of no meaning for still images.
        label_files: Whether ``label.csv`` files take the place of ``fer2013new.csv``.
    """
    expressions = VOTED[:8]
    check_count(count, 5 * len(expressions), 'every expression in every part')
    rng = np.random.default_rng([seed, 6])
    clips = []
    table = [','.join(['Usage', 'Image name', *VOTED])]
    lists: dict[str, list[str]] = {folder: [] for folder in USAGES.values()}
    for index in range(count):
        label = expressions[index // len(_USAGES) % len(expressions)]
        usage = _USAGES[index % len(_USAGES)]
        votes = np.zeros(len(VOTED), np.int64)
        doubt = index % 11 == 10
        votes[VOTED.index(label)] = 5 if doubt else rng.integers(6, 11)
        rest = 10 - votes.sum()
        others = np.flatnonzero(votes == 0)
        votes[rng.choice(others)] += rest
        name = f'fer{index:07d}.png'
        clips.append(ClipPlan(f'{USAGES[usage]}/{name}', f'person-{index}', label, _FRAMES))
        numbers = ','.join(map(str, votes.tolist()))
        table.append(f'{usage},{name},{numbers}')
        lists[USAGES[usage]].append(f'{name},"(0, 0, 48, 48)",{numbers}')
    files = {TABLE: '\n'.join([*table, '']).encode()}
    if label_files:
        files = {f'{folder}/label.csv': '\n'.join([*lines, '']).encode()
                 for folder, lines in lists.items()}
    return Layout(tuple(clips), files)


MAKER = Maker('ferplus', 'FER+', 'clips', 80, make, (
    Option('--label-files', dict(action='store_true',
                                 help='label.csv in each folder in place of fer2013new.csv')), ))
