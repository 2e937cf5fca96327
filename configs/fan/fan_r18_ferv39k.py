# No published recipe: FAN's for CK+ at the rate of its released code.
_base_ = [
    '../_base_/models/fan_r18.py', '../_base_/datasets/ferv39k.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

optim_wrapper = dict(optimizer=dict(lr=1e-2))
