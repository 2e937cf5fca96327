"""DFEW: lists of five folds in any of the three namings, and clips of any of the three kinds."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.corpora.dfew import FOLDS, NAMINGS
from mmfer.labels import DFEW
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count, fold_part, labels_in_turn
from mmfer.synthetic.layouts.layout import Maker

MEDIA = ('frames', 'frames16', 'videos')
_CODES = {label: code for code, label in DFEW.items()}


def make(seed: int, count: int, max_frames: int, naming: int = 1, media: str = 'frames') -> Layout:
    """``count`` clips in five folds.

    Args:
        seed: Of names and lengths.
        count: Clips.
        max_frames: Most frames of a clip.
        naming: 1 to 3, which of the three namings the lists have.
        media: ``'frames'`` as in clip_224x224, ``'frames16'`` or ``'videos'``.
    """
    check_count(count, 5 * len(DFEW), 'every expression in the test part of every fold')
    rng = np.random.default_rng([seed, 2])
    names = [f'{number:05d}' for number in sorted(rng.choice(
        np.arange(1, 16372), count, replace=False).tolist())]
    shown = labels_in_turn(list(DFEW.values()), count)
    clips = []
    for name, label in zip(names, shown, strict=True):
        length = 16 if media == 'frames16' else int(rng.integers(2, max_frames + 1))
        if media == 'videos':
            clips.append(ClipPlan(f'original/{name}.mp4', f'actor-{name}', label, length))
            continue
        folder = 'clip_224x224_16f' if media == 'frames16' else 'clip_224x224'
        clips.append(ClipPlan(f'{folder}/{name}', f'actor-{name}', label, length,
                              f'{name}_{{:05d}}.jpg'))
    files = {}
    for fold in FOLDS:
        for part in ('train', 'test'):
            lines = [f'{name},{_CODES[label]}' for index, (name, label)
                     in enumerate(zip(names, shown, strict=True)) if fold_part(index, fold) == part]
            path = NAMINGS[naming - 1].format(part=part, fold=fold)
            files[path] = '\n'.join(['video_name,label', *lines, '']).encode()
    return Layout(tuple(clips), files)


MAKER = Maker('dfew', 'DFEW', 'clips', 70, make, (
    Option('--naming', dict(type=int, choices=(1, 2, 3), default=1,
                            help='which of the three namings of the lists (default: 1)')),
    Option('--media', dict(choices=MEDIA, default='frames',
                           help='folders of frames (default), of 16 frames, or videos')),
))
