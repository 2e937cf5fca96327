"""Parametric faces moved by FACS action units, and corpora made of them.

``python -m mmfer.synthetic ckplus --out DIR`` writes a corpus, ``sheet`` a contact sheet.
"""
from mmfer.synthetic.action_units import PROTOTYPES
from mmfer.synthetic.ckplus import Summary, write_ckplus
from mmfer.synthetic.identity import Identity, Pose, sample_identity
from mmfer.synthetic.rendering import render_face
from mmfer.synthetic.timeline import timeline

__all__ = ['PROTOTYPES', 'Identity', 'Pose', 'Summary', 'render_face', 'sample_identity',
           'timeline', 'write_ckplus']
