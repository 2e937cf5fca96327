_base_ = './cbam-blstm_r18.py'

# labels and answers per frame; 47,281,172 of the trunk with CBAM + 1,091,079 of the head
model = dict(backbone=dict(depth=101), cls_head=dict(answer='frames'))
