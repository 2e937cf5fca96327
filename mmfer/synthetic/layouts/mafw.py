"""MAFW: lists of five folds, without and with captions, and clips of any of the three kinds."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.corpora.mafw import FOLDS, KINDS, MEDIA, SINGLE
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count, fold_part, labels_in_turn
from mmfer.synthetic.layouts.layout import Maker

COMPOUND = ('anger', 'happiness', 'anger_disgust', 'sadness_helplessness',
            'fear_surprise', 'anger_disgust_contempt')
"""Some labels of the compound set, parts in the order of its lists."""
_CAPTION = '\u4ed6\u76b1\u7709'.encode('gb18030') + b'\tHe frowns.'


def make(seed: int, count: int, max_frames: int, labels: str = 'single', media: str = 'faces',
         captions: bool = False) -> Layout:
    """``count`` clips in five folds.

    Args:
        seed: Of names and lengths.
        count: Clips.
        max_frames: Most frames of a clip.
        labels: ``'single'`` or ``'compound'``.
        media: ``'faces'``, ``'frames'`` or ``'clips'`` (videos).
        captions: Whether the lists have captions, and with them another encoding.
    """
    shown = SINGLE if labels == 'single' else COMPOUND
    check_count(count, 5 * len(shown), 'every label in the test part of every fold')
    rng = np.random.default_rng([seed, 4])
    clips, lines = [], []
    for index, label in enumerate(labels_in_turn(shown, count)):
        name = f'{7 * index + 1:05d}'
        length = int(rng.integers(2, max_frames + 1))
        face = label.split('_')[0]
        clips.append(
            ClipPlan(f'data/clips/{name}.mp4', f'actor-{index}', face, length)
            if media == 'clips' else
            ClipPlan(f'data/{media}/{name}', f'actor-{index}', face, length, '{:05d}.jpg'))
        lines.append(f'{name}.mp4\t{label}\t'.encode() + _CAPTION if captions
                     else f'{name}.mp4 {label}'.encode())
    folder = f'{labels}/{"with_caption" if captions else "no_caption"}'
    files = {f'{folder}/set_{fold}/{part}.txt': b'\n'.join(
        [line for index, line in enumerate(lines) if fold_part(index, fold) == part] + [b''])
        for fold in FOLDS for part in ('train', 'test')}
    return Layout(tuple(clips), files)


MAKER = Maker('mafw', 'MAFW', 'clips', 55, make, (
    Option('--labels', dict(choices=KINDS, default='single',
                            help='11 single expressions (default) or compound ones')),
    Option('--media', dict(choices=MEDIA, default='faces',
                           help='folders of faces (default) or frames, or videos')),
    Option('--captions', dict(action='store_true', help='lists with captions')),
))
