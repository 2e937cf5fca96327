"""eNTERFACE'05: ``subject 1/anger/sentence 1/s1_an_1.avi``, blanks in folders' names."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

CODES = {'an': 'anger', 'di': 'disgust', 'fe': 'fear', 'ha': 'happiness', 'sa': 'sadness',
         'su': 'surprise'}
UNCUT = 6
"""The subject whose videos are not cut into sentences."""


def make(seed: int, count: int, max_frames: int, sentences: int = 2, joiner: str = ' ') -> Layout:
    """``sentences`` clips of each expression of ``count`` subjects; of subject 6 one."""
    if not 1 <= count <= 44:
        raise ValueError(f"subjects is {count}; eNTERFACE'05 has 44")
    if not 1 <= sentences <= 5:
        raise ValueError(f'sentences is {sentences}; there are five')
    rng = np.random.default_rng([seed, 5])
    clips = []
    for subject in range(1, count + 1):
        for code, label in CODES.items():
            folder = f'subject{joiner}{subject}/{label}'
            paths = [f'{folder}/s{subject}_{code}.avi']
            if subject != UNCUT:
                paths = [f'{folder}/sentence{joiner}{number}/s{subject}_{code}_{number}.avi'
                         for number in range(1, sentences + 1)]
            clips += [ClipPlan(path, f'subject-{subject}', label,
                               int(rng.integers(2, max_frames + 1))) for path in paths]
    return Layout(tuple(clips))


MAKER = Maker(
    'enterface', "eNTERFACE'05", 'subjects', 7, make,
    options=(
        Option('--sentences', dict(type=int, default=2, metavar='N',
                                   help='clips of each expression, up to 5; default: 2')),
        Option('--joiner', dict(choices=(' ', '-', '_'), default=' ',
                                help="in folders' names; default: a blank, as distributed")),
    ))
