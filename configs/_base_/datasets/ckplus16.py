# Ten random divisions, 20% for testing and 20% of the rest for validation: people are shared.
_base_ = './frames16_224.py'

annotation = dict(file='data/ckplus/annotations.json', root='data/ckplus/CK+')
protocol = dict(file='data/ckplus/protocol_random80.json', split='split1', selection='inner')
