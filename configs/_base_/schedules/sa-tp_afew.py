train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=30)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.1, momentum=0.9, weight_decay=5e-5),
    paramwise_cfg=dict(custom_keys={'backbone.': dict(lr_mult=1e-4)}))  # trunk: 1e-5
# Restarts are not stated: SGDR's setting of 10 epochs, then double, ends with epoch 30.
param_scheduler = [
    dict(
        type='CosineRestartLR',
        periods=[10, 20],
        restart_weights=[1.0, 1.0],
        eta_min=0.0,
        by_epoch=True,
        convert_to_iter_based=True)
]
auto_scale_lr = dict(enable=False, base_batch_size=8)
