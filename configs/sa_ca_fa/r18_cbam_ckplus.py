_base_ = [
    '../_base_/models/cbam_r18.py', '../_base_/datasets/ckplus16.py',
    '../_base_/schedules/sa-ca-fa.py', '../_base_/default_runtime.py'
]
