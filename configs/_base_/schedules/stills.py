# The papers do not say how they train on still images. This is what FAN's authors did on FER+
# in the released code of their Region Attention Networks (Wang et al., TIP 2020): 60 epochs,
# a tenth of the rate after 30%, 50% and 80% of them.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4))
param_scheduler = [dict(type='MultiStepLR', milestones=[18, 30, 48], gamma=0.1)]
auto_scale_lr = dict(enable=False, base_batch_size=128)
