# RAVDESS, speech without sound: 1,440 clips of 24 people, eight classes (neutral and calm).
_base_ = './frames_224.py'

annotation = dict(file='data/ravdess/annotations.json', root='data/ravdess/RAVDESS')
protocol = dict(file='data/ravdess/protocol_6fold.json', split='fold1', selection='last')
