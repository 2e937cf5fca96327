_base_ = [
    '../_base_/models/ceflnet_r18.py', '../_base_/datasets/mmi.py',
    '../_base_/recipes/ceflnet.py'
]

model = dict(cls_head=dict(num_classes=6))

train_pipeline = _base_.clip_train_pipeline
test_pipeline = _base_.clip_test_pipeline
total_batch_size = _base_.clip_batch_size
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline))
val_dataloader = test_dataloader
