# As there on AffectNet, ten times the images of FER+: 20 epochs, classes equally often.
_base_ = './stills.py'

train_cfg = dict(max_epochs=20)
optim_wrapper = dict(optimizer=dict(lr=0.015))
param_scheduler = [dict(type='MultiStepLR', milestones=[6, 10, 16], gamma=0.1)]
auto_scale_lr = dict(enable=False, base_batch_size=256)
