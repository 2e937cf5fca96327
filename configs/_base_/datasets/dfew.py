# DFEW: 11,697 clips with a single label, seven expressions, in the five published folds.
_base_ = './frames_224.py'

annotation = dict(file='data/dfew/annotations.json', root='data/dfew/DFEW')
protocol = dict(file='data/dfew/protocol_5fold.json', split='fold1', selection='last')
