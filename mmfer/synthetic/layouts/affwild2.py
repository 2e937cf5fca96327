"""Aff-Wild2: a label for every frame, and aligned faces of those frames that show one."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.affwild2 import EDITIONS, FRAMES, WITH_OTHER
from mmfer.corpora.corpus import Option
from mmfer.labels import AFFWILD2
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count
from mmfer.synthetic.layouts.layout import Maker

HEADER = 'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise'
_CODES = {label: code for code, label in AFFWILD2.items()}
_ABSENT, _IGNORED = .1, .1  # shares of the frames


def make(seed: int, count: int, max_frames: int, edition: str = 'abaw3') -> Layout:
    """``count`` videos, a fourth of them for validation; the last two show one couple.

    Args:
        seed: Of names, lengths and missing faces.
        count: Videos.
        max_frames: Most frames of a video.
        edition: ``'abaw1'`` with seven classes or ``'abaw3'`` with *Other*.
    """
    folder = list(EDITIONS)[edition == 'abaw3']
    shown = [label for label in _CODES if label != 'other' or folder == WITH_OTHER]
    check_count(count, len(shown), 'every expression')
    rng = np.random.default_rng([seed, 5])
    clips, files = [], {}
    for index in range(count):
        name = f'{index + 1}-30-1280x720'
        if index >= count - 2:
            name = f'{count}-60-1280x720{("_left", "_right")[index - count + 2]}'
        label = shown[index % len(shown)]
        length = int(rng.integers(max(2, max_frames // 2), max_frames + 1))
        absent = frozenset((np.flatnonzero(rng.random(length - 1) < _ABSENT) + 1).tolist())
        clips.append(ClipPlan(f'{FRAMES}/{name}', f'person-{name}', label, length,
                              '{:05d}.jpg', absent))
        codes = np.where(np.arange(length) < length // 3, 0, _CODES[label])
        codes[rng.random(length) < _IGNORED] = -1
        part = EDITIONS[folder][index % 4 == 1]
        header = HEADER + (',Other' if folder == WITH_OTHER else '')
        files[f'annotations/{folder}/{part}/{name}.txt'] = '\n'.join(
            [header, *map(str, codes.tolist()), '']).encode()
    return Layout(tuple(clips), files)


MAKER = Maker('affwild2', 'Aff-Wild2', 'clips', 16, make, (
    Option('--edition', dict(choices=('abaw1', 'abaw3'), default='abaw3',
                             help='seven classes, or eight with Other (default)')), ))
