"""AFEW: ``Train_AFEW/Angry/000046240.avi``, a folder per part and expression."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

PARTS = ('Train_AFEW', 'Val_AFEW')
FOLDERS = {'Angry': 'anger', 'Disgust': 'disgust', 'Fear': 'fear', 'Happy': 'happiness',
           'Neutral': 'neutral', 'Sad': 'sadness', 'Surprise': 'surprise'}
MEDIA = ('avi', 'mp4', 'frames')
_ID_DIGITS = 9


def make(seed: int, count: int, max_frames: int, media: str = 'avi',
         lower_case: bool = False) -> Layout:
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
        path = f'{part.lower() if lower_case else part}/{folder}/{name}'
        frames = int(rng.integers(2, max_frames + 1))
        if media == 'frames':
            clips.append(ClipPlan(path, f'actor-{name}', FOLDERS[folder], frames, '{:05d}.jpg'))
        else:
            clips.append(ClipPlan(f'{path}.{media}', f'actor-{name}', FOLDERS[folder], frames))
    return Layout(tuple(clips))


MAKER = Maker('afew', 'AFEW', 'clips', 42, make, options=(
    Option('--media', dict(choices=MEDIA, default='avi',
                           help='videos, or a folder of frames for each; default: avi')),
    Option('--lower-case', dict(action='store_true',
                                help='train_afew and val_afew, as in some copies')),
))
