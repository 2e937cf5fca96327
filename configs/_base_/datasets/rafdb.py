# RAF-DB, basic expressions: neutral and six others; the published training and test images.
_base_ = './stills_224.py'

annotation = dict(file='data/rafdb/annotations.json', root='data/rafdb/RAF-DB')
protocol = dict(file='data/rafdb/protocol_published.json', split='published', selection='last')
num_classes = 7
