_base_ = [
    '../_base_/models/cnn-rnn_r50.py', '../_base_/datasets/ckplus16.py',
    '../_base_/schedules/sa-ca-fa.py', '../_base_/default_runtime.py'
]
