# BU-4DFE (the CEFLNet paper writes BU-3DFE): 606 clips of 101 people, six expressions.
_base_ = './frames_224.py'

annotation = dict(file='data/bu4dfe/annotations.json', root='data/bu4dfe/BU4DFE')
protocol = dict(file='data/bu4dfe/protocol_10fold.json', split='fold1', selection='last')
