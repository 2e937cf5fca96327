# AffectNet's neutral and six basic expressions, the classes of RAF-DB and Aff-Wild2: what
# `tools/prepare.py affectnet --num-classes 7 --out data/affectnet7` writes.
_base_ = './affectnet.py'

annotation = dict(file='data/affectnet7/annotations.json')
protocol = dict(file='data/affectnet7/protocol_published.json')
num_classes = 7
