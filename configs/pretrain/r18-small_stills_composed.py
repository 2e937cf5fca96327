# The small trunk of the unified recipe (configs/_base_/recipes/unified_composed.py), at its frame
# size. Happy and neutral faces are ten times as many as sad ones: classes equally often.
_base_ = './r18_stills_composed.py'

model = dict(backbone=dict(base_channels=24, stem_channels=24, strides=(1, 2, 2, 1)))

input_size = (48, 48)
train_pipeline = _base_.train_pipeline
test_pipeline = _base_.test_pipeline
train_pipeline[2].scale = test_pipeline[2].scale = (54, 54)
train_pipeline[3].size = test_pipeline[3].crop_size = 48
train_dataloader = dict(
    sampler=dict(class_balanced=True), dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
