# The challenge's kind of baseline: each frame on its own.
_base_ = [
    '../_base_/models/frame-linear_mobilenetv2.py', '../_base_/datasets/affwild2.py',
    '../_base_/schedules/cbam_blstm.py'
]
