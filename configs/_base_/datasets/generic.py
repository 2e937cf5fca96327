# What `tools/prepare.py generic --folds 5 --out data/generic` writes; root: the --frames folder.
_base_ = './frames_224.py'

annotation = dict(file='data/generic/annotations.json', root='data/generic/frames')
protocol = dict(file='data/generic/protocol_5fold.json', split='fold1', selection='last')
