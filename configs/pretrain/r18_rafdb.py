_base_ = [
    '../_base_/models/score-fusion_r18.py', '../_base_/datasets/rafdb.py',
    '../_base_/schedules/stills.py', '../_base_/default_runtime.py'
]

# A third of FER+'s images: a tenth of the rate, so that the trunk on faces is not lost.
optim_wrapper = dict(optimizer=dict(lr=1e-2))
