# Real faces composed into clips with a known apex (docs/real_faces.md); four expressions.
_base_ = './frames_64.py'

annotation = dict(file='data/composed/annotations.json', root='data/composed/frames')
protocol = dict(file='data/composed/protocol_fold.json', split='fold1', selection='last')
total_batch_size = 24
