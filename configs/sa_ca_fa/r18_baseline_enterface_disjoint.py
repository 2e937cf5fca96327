# Nobody is in training and test; the paper does not claim this.
_base_ = './r18_baseline_enterface.py'

protocol = dict(file='data/enterface/protocol_5fold.json', split='fold1')
