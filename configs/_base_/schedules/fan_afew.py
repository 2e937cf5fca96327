_base_ = './fan_ckplus.py'

train_cfg = dict(max_epochs=180)
optim_wrapper = dict(optimizer=dict(lr=4e-6))
# 4e-6 -> 8e-7 -> 1.6e-7
param_scheduler = [dict(type='MultiStepLR', milestones=[60, 120], gamma=0.2)]
