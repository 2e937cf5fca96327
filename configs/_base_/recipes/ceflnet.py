# CEFLNet's clips and schedule (section 4.1, Table 1), for any corpus at 224 x 224 pixels.
_base_ = '../default_runtime.py'

clip_train_pipeline = [
    dict(type='ClipSample'),  # 7 clips of 5 frames, see its arguments
    dict(type='LoadFrames', size=(224, 224)),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
clip_test_pipeline = [
    dict(type='ClipSample', test_mode=True),
    dict(type='LoadFrames', size=(224, 224)),
    dict(type='FormatFrames'),
    dict(type='PackExpressionInputs'),
]
clip_batch_size = 8  # videos, 280 frames

train_cfg = dict(type='EpochBasedTrainLoop', max_epochs=120)
optim_wrapper = dict(
    type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4, weight_decay=1e-4))
# lr(e) = 1e-4 (1 + cos(pi e / 160)) / 2 min(1, (e + 1) / 10): a cosine of 160 epochs, of which
# 120 are run, times a warm-up from 1/10 at epoch 0 to 1 at epoch 9
param_scheduler = [
    dict(type='CosineAnnealingLR', T_max=160, eta_min=0, by_epoch=True),
    dict(type='LinearLR', start_factor=0.1, begin=0, end=10, by_epoch=True),
]
auto_scale_lr = dict(enable=False, base_batch_size=8)
