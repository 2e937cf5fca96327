_base_ = '../default_runtime.py'

train_cfg = dict(type='StreamTrainLoop', max_iters=200_000, val_interval=1000)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=0.))
param_scheduler = []  # the rate is constant
auto_scale_lr = dict(enable=False, base_batch_size=4)

default_hooks = dict(
    logger=dict(interval=100), checkpoint=dict(by_epoch=False, interval=1000))
log_processor = dict(by_epoch=False)
