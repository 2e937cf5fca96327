# Fig. 3, all layers fine-tuned
_base_ = [
    '../_base_/models/score-fusion_vgg16.py', '../_base_/datasets/ckplus.py',
    '../_base_/schedules/fan_ckplus.py', '../_base_/default_runtime.py'
]

# The paper names no other rate for VGG-16, but 0.1 is for a trunk with batch
# normalisation; this is the default of the released code.
optim_wrapper = dict(optimizer=dict(lr=1e-2))
