# What `tools/prepare.py generic --folds 5 --random-splits 10` writes; nobody is in two folds.
_base_ = './frames_224.py'

annotation = dict(file='data/enterface/annotations.json', root='data/enterface/eNTERFACE05')
protocol = dict(file='data/enterface/protocol_5fold.json', split='fold1', selection='last')
num_classes = 6  # no neutral, no contempt
