# Second corpus of the trunk of configs/cbam_blstm; its classes are those of the first, in the
# same order, so that load_from=work_dirs/r101-cbam_affectnet/epoch_20.pth goes on with them.
_base_ = [
    '../_base_/models/score-fusion-cbam_r101.py', '../_base_/datasets/rafdb.py',
    '../_base_/schedules/stills.py', '../_base_/default_runtime.py'
]

# as r18_rafdb.py
optim_wrapper = dict(optimizer=dict(lr=1e-2))
