_base_ = [
    '../_base_/models/fan-self_r18.py', '../_base_/datasets/afew.py',
    '../_base_/schedules/fan_afew.py', '../_base_/default_runtime.py'
]
