"""RAVDESS: ``Actor_01/02-01-06-01-02-01-01.mp4``, everything in numbers."""
from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.labels import RAVDESS
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

MODALITIES = {'video': ('02', ), 'audiovideo': ('01', ), 'both': ('01', '02')}
CHANNELS = {'speech': ('01', ), 'song': ('02', ), 'both': ('01', '02')}
NOT_SUNG = ('disgust', 'surprise')
SILENT_ACTOR = 18
"""Does not sing."""


def make(seed: int, count: int, max_frames: int, modality: str = 'video',
         channel: str = 'speech', takes: int = 1) -> Layout:
    """All expressions of ``count`` actors, in ``takes`` of the up to eight takes of each."""
    if not 1 <= count <= 24:
        raise ValueError(f'subjects is {count}; RAVDESS has 24')
    if not 1 <= takes <= 8:
        raise ValueError(f'takes is {takes}; there are 1 to 8 of an expression')
    rng = np.random.default_rng([seed, 3])
    clips = []
    for actor in range(1, count + 1):
        for take in _takes(actor, CHANNELS[channel], takes):
            frames = int(rng.integers(2, max_frames + 1))
            clips += [ClipPlan(f'Actor_{actor:02d}/{kind}-{take}-{actor:02d}.mp4',
                               f'actor-{actor:02d}', RAVDESS[int(take[3:5])], frames)
                      for kind in MODALITIES[modality]]
    return Layout(tuple(clips))


def _takes(actor: int, channels: tuple[str, ...], takes: int) -> Iterator[str]:
    """The numbers between modality and actor."""
    for channel in channels:
        for code, name in RAVDESS.items():
            if channel == '02' and (name in NOT_SUNG or actor == SILENT_ACTOR):
                continue
            intensities = ('01', ) if name == 'neutral' else ('01', '02')
            all_takes = [f'{channel}-{code:02d}-{intensity}-{statement}-{repetition}'
                         for repetition in ('01', '02') for statement in ('01', '02')
                         for intensity in intensities]
            yield from all_takes[:takes]


MAKER = Maker(
    'ravdess', 'RAVDESS', 'subjects', 8, make,
    options=(
        Option('--modality', dict(choices=tuple(MODALITIES), default='video',
                                  help='pictures, pictures and sound, or a copy with both')),
        Option('--channel', dict(choices=tuple(CHANNELS), default='speech',
                                 help='speech, song, or a copy with both')),
        Option('--takes', dict(type=int, default=1, metavar='N',
                               help='takes of each expression, up to 8; default: 1')),
    ))
