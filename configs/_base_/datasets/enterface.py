# What `tools/prepare.py enterface` writes: 1,287 clips of 43 people; nobody is in two folds.
_base_ = './frames_224.py'

annotation = dict(file='data/enterface/annotations.json', root='data/enterface/eNTERFACE05')
protocol = dict(file='data/enterface/protocol_5fold.json', split='fold1', selection='last')
num_classes = 6  # no neutral, no contempt
