_base_ = './frames_224.py'

annotation = dict(file='data/ckplus/annotations.json', root='data/ckplus/CK+')
protocol = dict(file='data/ckplus/protocol_10fold.json', split='fold1', selection='last')
