# CK+ and MMI at once, each with its own annotation, protocol and tenth of its people; joined by
# name: the six expressions that both have. The 18 sequences of contempt are left out.
_base_ = './frames_224.py'

corpora = dict(
    ckplus=dict(
        annotation=dict(file='data/ckplus/annotations.json', root='data/ckplus/CK+'),
        protocol=dict(file='data/ckplus/protocol_10fold.json')),
    mmi=dict(
        annotation=dict(file='data/mmi/annotations.json', root='data/mmi/MMI'),
        protocol=dict(file='data/mmi/protocol_10fold.json')))
joining = dict(classes='intersection', outside='drop')
protocol = dict(split='fold1', selection='last')  # the split of each corpus
