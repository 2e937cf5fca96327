_base_ = './sa-ca_r18.py'

model = dict(neck=dict(attention=True))
