# First corpus of the trunk of configs/cbam_blstm: neutral and six expressions of AffectNet.
_base_ = [
    '../_base_/models/score-fusion-cbam_r101.py', '../_base_/datasets/affectnet7.py',
    '../_base_/schedules/stills_affectnet.py', '../_base_/default_runtime.py'
]

total_batch_size = 256
