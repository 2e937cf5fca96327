"""CREMA-D: ``VideoFlash/1001_DFA_ANG_XX.flv`` and ``VideoDemographics.csv``."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

CODES = {'ANG': 'anger', 'DIS': 'disgust', 'FEA': 'fear', 'HAP': 'happiness', 'NEU': 'neutral',
         'SAD': 'sadness'}
SENTENCES = ('DFA', 'IOM', 'ITH', 'ITS', 'IWL', 'IWW', 'MTI', 'TAI', 'TIE', 'TSI', 'WSI')
GRADED = 'IEO'
"""The sentence that is said in three levels of each expression but neutral."""
ACTORS = 91
RACES = ('African American', 'Asian', 'Caucasian', 'Unknown')
ETHNICITIES = ('Hispanic', 'Not Hispanic')


def make(seed: int, count: int, max_frames: int, suffix: str = 'flv') -> Layout:
    """Six clips, one per expression, of ``count`` actors spread over 1001 to 1091."""
    if not 2 <= count <= ACTORS:
        raise ValueError(f'subjects is {count}; there are 2 to {ACTORS}')
    rng = np.random.default_rng([seed, 4])
    clips = []
    table = ['"ActorID","Age","Sex","Race","Ethnicity"']
    numbers = (1001 + np.arange(count) * (ACTORS - 1) // (count - 1)).tolist()
    for actor in numbers:
        sex = ('Female', 'Male')[rng.integers(2)]
        table.append(f'{actor},{rng.integers(20, 75)},"{sex}","{rng.choice(RACES)}",'
                     f'"{rng.choice(ETHNICITIES)}"')
        for code, label in CODES.items():
            graded = label != 'neutral' and rng.random() < 0.25
            sentence = GRADED if graded else rng.choice(SENTENCES)
            level = rng.choice(('LO', 'MD', 'HI')) if graded else 'XX'
            clips.append(ClipPlan(f'VideoFlash/{actor}_{sentence}_{code}_{level}.{suffix}',
                                  str(actor), label, int(rng.integers(2, max_frames + 1))))
    return Layout(tuple(clips), {'VideoDemographics.csv': ('\n'.join(table) + '\n').encode()})


MAKER = Maker('cremad', 'CREMA-D', 'subjects', 10, make, options=(
    Option('--suffix', dict(choices=('flv', 'mp4', 'avi'), default='flv',
                            help='of the videos; default: flv, as distributed')), ))
