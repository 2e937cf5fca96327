# `make demo`: the synthetic CK+, small frames and a narrow trunk, from random weights.
_base_ = './fan_r18_ckplus.py'

annotation = dict(file='demo/out/data/annotations.json', root='demo/out/data/CK+')
protocol = dict(file='demo/out/data/protocol_10fold.json')

model = dict(backbone=dict(base_channels=32, stem_channels=32))

input_size = (64, 64)
train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[1].size = input_size
test_pipeline[1].size = input_size
train_dataloader = dict(num_workers=2, dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(num_workers=2, dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader

# From random weights many small steps help: 294 clips / 16 = 19 steps an epoch, 1140 in all.
total_batch_size = 16
train_cfg = dict(max_epochs=60)
optim_wrapper = dict(optimizer=dict(lr=0.03, weight_decay=5e-4))
param_scheduler = [dict(type='CosineAnnealingLR', T_max=60, eta_min=0, by_epoch=True)]
default_hooks = dict(checkpoint=dict(interval=5))
