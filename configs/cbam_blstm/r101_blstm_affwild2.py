_base_ = [
    '../_base_/models/blstm_r101.py', '../_base_/datasets/affwild2.py',
    '../_base_/schedules/cbam_blstm.py'
]
