_base_ = './blstm_r18.py'

# labels and answers per frame; 42,500,160 of the trunk + 1,091,079 of the head
model = dict(backbone=dict(depth=101), cls_head=dict(answer='frames'))
