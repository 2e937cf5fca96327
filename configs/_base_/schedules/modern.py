# For trunks of today, which are fine-tuned by AdamW: small rate, large decay, a short warm-up.
train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=30)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='AdamW', lr=1e-4, weight_decay=0.05))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, begin=0, end=3, by_epoch=True),
    dict(type='CosineAnnealingLR', T_max=27, begin=3, end=30, eta_min=0, by_epoch=True),
]
auto_scale_lr = dict(enable=False, base_batch_size=48)
