"""MMI: ``Sessions/1/S001-001.avi`` between the XML files that describe it."""
from __future__ import annotations

import numpy as np

from mmfer.corpora.corpus import Option
from mmfer.labels import MMI
from mmfer.synthetic.corpus import ClipPlan, Layout
from mmfer.synthetic.layouts.layout import Maker

FRONTAL, PROFILE, DUAL = 0, 1, 2
NO_EMOTION = 7
"""A value of the tag that is none of the six basic emotions."""
_SESSION = """<?xml version="1.0" encoding="UTF-8"?>
<session sessionId="{session}">
  <subject id="{subject}" gender="{gender}"/>
  <track type="Video" view="{view}" filename="{stem}.avi">
    <annotation filename="{annotation}"/>
  </track>
</session>
"""
_TAGS = """<?xml version="1.0" encoding="UTF-8"?>
<ElementaryAnnotation>
  <Metatag Name="Type" Value="Emotion"/>
  <Metatag Name="Emotion" Value="{emotion}"/>
</ElementaryAnnotation>
"""
_ACTION_UNITS = """<?xml version="1.0" encoding="UTF-8"?>
<Annotation>
  <ActionUnit Number="12">
    <Marker Frame="1" Type="0"/>
    <Marker Frame="{last}" Type="1"/>
  </ActionUnit>
</Annotation>
"""


def make(seed: int, count: int, max_frames: int, odd: bool = False) -> Layout:
    """Three frontal sessions of each of ``count`` subjects.

    With ``odd`` every subject has three more: one in dual view, one in profile, one that
    shows no basic emotion.
    """
    if not 1 <= count <= 999:
        raise ValueError(f'subjects is {count}; the names have room for 1 to 999')
    rng = np.random.default_rng([seed, 6])
    clips: list[ClipPlan] = []
    files: dict[str, bytes] = {}
    emotions = list(MMI)
    for subject in range(1, count + 1):
        gender = ('F', 'M')[rng.integers(2)]
        kinds = [(FRONTAL, emotions[(3 * subject + take) % 6]) for take in range(3)]
        if odd:
            kinds += [(DUAL, 1), (PROFILE, 2), (FRONTAL, NO_EMOTION)]
        for take, (view, emotion) in enumerate(kinds, start=1):
            session = len(clips) + 1
            stem = f'S{subject:03d}-{take:03d}'
            base = f'Sessions/{session}/{stem}'
            frames = int(rng.integers(2, max_frames + 1))
            coded = take == 1
            clips.append(ClipPlan(f'{base}.avi', f'S{subject:03d}', MMI.get(emotion), frames))
            files[f'Sessions/{session}/session.xml'] = _SESSION.format(
                session=session, subject=subject, gender=gender, view=view, stem=stem,
                annotation=f'{stem}{"-oao_aucs" if coded else ""}.xml').encode()
            files[f'{base}.xml'] = _TAGS.format(emotion=emotion).encode()
            if coded:
                files[f'{base}-oao_aucs.xml'] = _ACTION_UNITS.format(last=frames).encode()
    return Layout(tuple(clips), files)


MAKER = Maker('mmi', 'MMI', 'subjects', 10, make, options=(
    Option('--odd', dict(action='store_true',
                         help='also sessions in dual view, in profile, and without a basic '
                              'emotion')), ))
