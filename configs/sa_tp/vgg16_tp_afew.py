_base_ = [
    '../_base_/models/tp_vgg16.py', '../_base_/datasets/afew_crop224.py',
    '../_base_/schedules/sa-tp_afew.py', '../_base_/default_runtime.py'
]
