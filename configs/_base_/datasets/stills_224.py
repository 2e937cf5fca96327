# Still images are clips of one frame; 224 x 224 pixels.
_base_ = './frames_224.py'

train_pipeline = _base_.train_pipeline
train_pipeline[0].num_segments = 1

total_batch_size = 128
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(batch_size=64)
val_dataloader = test_dataloader
