# One's own corpus, as `tools/prepare.py generic` lays it out.
_base_ = [
    '../_base_/models/fan_r18.py', '../_base_/datasets/generic.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

# Own corpora differ in size and quality: the gentler rate of the released code.
optim_wrapper = dict(optimizer=dict(lr=1e-2))
