# No published recipe: FAN's for CK+ at the rate of its released code.
_base_ = [
    '../_base_/models/fan_r18.py', '../_base_/datasets/mafw.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

model = dict(cls_head=dict(num_classes=11))
optim_wrapper = dict(optimizer=dict(lr=1e-2))
