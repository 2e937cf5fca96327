# Table 6, + LRL: the mean over the clips in place of EIAN
_base_ = './ceflnet_r18_bu4dfe.py'

model = dict(neck=dict(eian=False))
