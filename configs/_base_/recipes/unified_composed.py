# The unified recipe on real faces composed into clips (docs/real_faces.md), for small machines:
# 64 px, bfloat16, one small trunk for all methods.
_base_ = ['../datasets/composed.py', '../schedules/composed.py', '../default_runtime.py']

frames = 12  # of a clip of 8 to 24; methods of clips divide them into 4 clips of 3

train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0] = dict(type='SegmentSample', num_segments=frames)
test_pipeline[0] = dict(type='UniformSample', num_frames=frames)

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader

num_classes = 4
# half the channels of ResNet-18, 256-d vectors; pre-trained on single faces by
# configs/pretrain/r18-small_stills_composed.py without this split's test people
small_trunk = dict(
    base_channels=32,
    stem_channels=32,
    init_cfg=dict(checkpoint='work_dirs/composed/stills-small/seed0/{split}/epoch_12.pth'))
