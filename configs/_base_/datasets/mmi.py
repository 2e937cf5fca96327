# MMI: 205 frontal clips of 30 people, six expressions.
_base_ = './frames_224.py'

annotation = dict(file='data/mmi/annotations.json', root='data/mmi/MMI')
protocol = dict(file='data/mmi/protocol_10fold.json', split='fold1', selection='last')
