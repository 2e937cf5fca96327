# Tables 2 and 8, C3D-LSTM: C3D on each of 7 clips of 16 frames that together span the video, an
# LSTM over the clips. Its sizes are not given.
_base_ = './c3d_bu4dfe.py'

model = dict(
    cls_head=dict(
        _delete_=True,
        type='ClipLSTMHead',
        num_classes=6,
        in_channels=4096,
        hidden_channels=512))

train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0] = dict(
    type='ClipSample', num_frames=None, window=None, overlap=0, frames_per_clip=16)
test_pipeline[0] = dict(
    type='ClipSample', num_frames=None, window=None, overlap=0, frames_per_clip=16, test_mode=True)
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
