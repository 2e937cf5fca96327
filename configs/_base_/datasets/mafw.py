# MAFW: 9,172 clips with a single label, eleven classes, in the five published folds.
_base_ = './frames_224.py'

annotation = dict(file='data/mafw/annotations.json', root='data/mafw/MAFW')
protocol = dict(file='data/mafw/protocol_5fold.json', split='fold1', selection='last')
