"""BU-4DFE: ``F001/Angry/000.jpg`` and ``000.wrl``, a folder per subject and expression."""
from __future__ import annotations

import numpy as np

from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

FOLDERS = {'Angry': 'anger', 'Disgust': 'disgust', 'Fear': 'fear', 'Happy': 'happiness',
           'Sad': 'sadness', 'Surprise': 'surprise'}
MESH = b'#VRML V2.0 utf8\n'
"""An empty mesh; the real ones have about 35,000 vertices."""


def make(seed: int, count: int, max_frames: int) -> Layout:
    """All six expressions of ``count`` subjects, more than half of them women."""
    if not 1 <= count <= 998:
        raise ValueError(f'subjects is {count}; the names have room for 1 to 998')
    rng = np.random.default_rng([seed, 2])
    women = (count * 58 + 100) // 101  # 58 of 101, rounded up
    names = [f'F{number:03d}' for number in range(1, women + 1)]
    names += [f'M{number:03d}' for number in range(1, count - women + 1)]
    clips = [ClipPlan(f'{subject}/{folder}', subject, label,
                      int(rng.integers(2, max_frames + 1)), '{:03d}.jpg', first=0)
             for subject in names for folder, label in FOLDERS.items()]
    meshes = {f'{file[:-len(".jpg")]}.wrl': MESH for clip in clips for file in clip.files.values()}
    return Layout(tuple(clips), meshes)


MAKER = Maker('bu4dfe', 'BU-4DFE', 'subjects', 12, make)
