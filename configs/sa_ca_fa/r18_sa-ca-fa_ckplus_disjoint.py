# Nobody is in training and test; the paper does not claim this.
_base_ = './r18_sa-ca-fa_ckplus.py'

protocol = dict(file='data/ckplus/protocol_10fold.json', split='fold1')
