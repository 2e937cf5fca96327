# The small trunk of the unified recipe (configs/_base_/recipes/unified_composed.py): half the
# channels. Happy and neutral faces are ten times as many as sad ones: classes equally often.
_base_ = './r18_stills_composed.py'

model = dict(backbone=dict(base_channels=32, stem_channels=32))
train_dataloader = dict(sampler=dict(class_balanced=True))
