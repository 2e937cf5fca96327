# The unified recipe on real faces composed into clips (docs/real_faces.md), for small machines:
# 48 px, one small trunk for all methods.
_base_ = ['../datasets/composed.py', '../schedules/composed.py', '../default_runtime.py']

frames = 12  # of a clip of 8 to 24; methods of clips divide them into 4 clips of 3

input_size = (48, 48)
train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[0] = dict(type='SegmentSample', num_segments=frames)
test_pipeline[0] = dict(type='UniformSample', num_frames=frames)
train_pipeline[2].scale = test_pipeline[2].scale = (54, 54)
train_pipeline[3].size = test_pipeline[3].crop_size = 48

train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader

# about 450 training clips, 12 a step: 38 steps an epoch, 152 in all
total_batch_size = 12
train_cfg = dict(max_epochs=4)
param_scheduler = [dict(type='MultiStepLR', milestones=[3], gamma=0.2)]

num_classes = 4
# ResNet-18 with 3/8 of the channels (192-d vectors) and a stride of 16 (maps of 3 x 3 regions),
# pre-trained on single faces by configs/pretrain/r18-small_stills_composed.py without this
# split's test people
small_trunk = dict(
    base_channels=24,
    stem_channels=24,
    strides=(1, 2, 2, 1),
    init_cfg=dict(checkpoint='work_dirs/composed/stills-small/seed0/{split}/epoch_12.pth'))
