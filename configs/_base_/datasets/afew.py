# Train -> val: the labels of AFEW's test part are not public.
_base_ = './frames_224.py'

annotation = dict(file='data/afew/annotations.json', root='data/afew/AFEW')
protocol = dict(file='data/afew/protocol_split.json', split='split1', selection='last')
