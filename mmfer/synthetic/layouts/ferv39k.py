"""FERV39k: ``2_ClipsforFaceCrop/Action/Happy/0267/`` and the lists of all scenes."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.corpora.ferv39k import CLIPS, LISTS
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.folds import check_count, fold_part, labels_in_turn
from mmfer.synthetic.layouts.layout import Maker

FOLDERS = {'Angry': 'anger', 'Disgust': 'disgust', 'Fear': 'fear', 'Happy': 'happiness',
           'Neutral': 'neutral', 'Sad': 'sadness', 'Surprise': 'surprise'}
SCENES = ('Action', 'Crime', 'Daily', 'School')
"""Four of the 22 scenes."""


def make(seed: int, count: int, max_frames: int, header: bool = False) -> Layout:
    """``count`` clips, a fifth of them for testing.

    Args:
        seed: Of names and lengths.
        count: Clips.
        max_frames: Most frames of a clip.
        header: Whether the lists have the header ``path,id`` and numbers for names.
    """
    check_count(count, 5 * len(FOLDERS), 'every expression in both parts')
    rng = np.random.default_rng([seed, 3])
    clips, lists = [], {'train': ['path,id'] * header, 'test': ['path,id'] * header}
    for index, folder in enumerate(labels_in_turn(list(FOLDERS), count)):
        path = f'{SCENES[index % len(SCENES)]}/{folder}/{index:04d}'
        clips.append(ClipPlan(f'{CLIPS}/{path}', f'actor-{index}', FOLDERS[folder],
                              int(rng.integers(2, max_frames + 1)), '{:04d}.jpg'))
        entry = f'{path},{list(FOLDERS).index(folder)}' if header else f'{path} {folder}'
        lists[fold_part(index, 1)].append(entry)
    files = {f'{LISTS}/{part}_All.csv': '\n'.join([*lines, '']).encode()
             for part, lines in lists.items()}
    return Layout(tuple(clips), files)


MAKER = Maker('ferv39k', 'FERV39k', 'clips', 70, make, (
    Option('--header', dict(action='store_true',
                            help='lists with the header path,id and numbers for names')), ))
