_base_ = [
    '../_base_/models/fan_r18.py', '../_base_/datasets/ckplus.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]
