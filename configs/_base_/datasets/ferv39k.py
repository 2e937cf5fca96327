# FERV39k: 38,935 clips of 22 scenes, seven expressions, one published division.
_base_ = './frames_224.py'

annotation = dict(file='data/ferv39k/annotations.json', root='data/ferv39k/FERV39k')
protocol = dict(
    file='data/ferv39k/protocol_published.json', split='published', selection='last')
