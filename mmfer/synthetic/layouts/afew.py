"""AFEW: ``Train_AFEW/Angry/000046240.avi``, a folder per part and expression."""
from __future__ import annotations

import numpy as np

from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

PARTS = ('Train_AFEW', 'Val_AFEW')
FOLDERS = {'Angry': 'anger', 'Disgust': 'disgust', 'Fear': 'fear', 'Happy': 'happiness',
           'Neutral': 'neutral', 'Sad': 'sadness', 'Surprise': 'surprise'}
_ID_DIGITS = 9


def make(seed: int, count: int, max_frames: int) -> Layout:
    """``count`` clips, two thirds of them for training, every expression in either part."""
    if count < 2 * len(FOLDERS):
        raise ValueError(f'clips is {count}; both parts need each of {len(FOLDERS)} expressions')
    rng = np.random.default_rng([seed, 1])
    numbers = rng.choice(10**6, count, replace=False)
    clips = []
    for index, number in enumerate(numbers.tolist()):
        folder = list(FOLDERS)[index % len(FOLDERS)]
        part = PARTS[index // len(FOLDERS) % 3 == 1]
        name = f'{number:0{_ID_DIGITS}d}'
        clips.append(ClipPlan(f'{part}/{folder}/{name}.avi', f'actor-{name}', FOLDERS[folder],
                              int(rng.integers(2, max_frames + 1))))
    return Layout(tuple(clips))


MAKER = Maker('afew', 'AFEW', 'clips', 42, make)
