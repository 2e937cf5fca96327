train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=60)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=1e-4))
param_scheduler = [dict(type='MultiStepLR', milestones=[30], gamma=0.2)]  # 0.1 -> 0.02
auto_scale_lr = dict(enable=False, base_batch_size=48)
