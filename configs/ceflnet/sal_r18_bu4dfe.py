# Table 6, + SAL: the mean over a clip's frames in place of LRL
_base_ = './sal-lrl_r18_bu4dfe.py'

model = dict(neck=dict(lrl=False))
