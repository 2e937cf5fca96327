# What the released code does where it differs from the paper.
_base_ = './r101_cbam_blstm_affwild2.py'

train_pipeline = _base_.train_pipeline
val_pipeline = _base_.val_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0].update(max_span=12, labelled_only=True)
val_pipeline[0].tail = 'repeat'
# Pillow's Lanczos, as torchvision's Resize takes it, filters before it makes smaller
lanczos = dict(interpolation='lanczos', resize_library='pillow')
train_pipeline[1].update(lanczos)
val_pipeline[1].update(lanczos)
test_pipeline[1].update(lanczos)

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_evaluator = dict(count_padding=True)
