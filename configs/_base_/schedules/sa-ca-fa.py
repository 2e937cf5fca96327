train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=50)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='Adam', lr=1e-3, weight_decay=5e-6),
    # trunk: 1e-4; the attention in its blocks is not part of the pre-trained trunk
    paramwise_cfg=dict(
        custom_keys={'backbone.': dict(lr_mult=0.1), '.attention.': dict(lr_mult=1.0)}))
# "when the loss function does not decline for 10 epochs"; the loss on the validation part
param_scheduler = [
    dict(type='ReduceOnPlateauLR', monitor='NLL', rule='less', factor=0.1, patience=10)
]
auto_scale_lr = dict(enable=False, base_batch_size=16)
