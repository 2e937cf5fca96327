# CREMA-D: 7,442 clips of 91 people, six classes (neutral, no surprise).
_base_ = './frames_224.py'

annotation = dict(file='data/cremad/annotations.json', root='data/cremad/CREMA-D')
protocol = dict(file='data/cremad/protocol_5fold.json', split='fold1', selection='last')
