# Labels of frames: Neutral, Anger, Disgust, Fear, Happiness, Sadness, Surprise; -1 is ignored.
# 8 consecutive frames of a random video in training; windows of 8 in validation and test.
_base_ = './frames_224.py'

annotation = dict(file='data/affwild2/annotations.json', root='data/affwild2/Aff-Wild2')
# train -> val: the labels of the test part are not public
protocol = dict(
    file='data/affwild2/protocol_split.json', split='split1', selection='last', score='S')

window = 8
train_pipeline = _base_.train_pipeline
train_pipeline[0] = dict(type='ContinuousSample', length=window)
train_pipeline.pop(2)  # no augmentation
test_pipeline = _base_.test_pipeline
test_pipeline[0] = dict(type='WindowSample', length=window, tail='shift')
val_pipeline = [dict(type='WindowSample', length=window, tail='mask'), *test_pipeline[1:]]

total_batch_size = 4  # videos, of which 8 frames each
train_dataloader = dict(
    sampler=dict(_delete_=True, type='VideoUniformSampler'),
    dataset=dict(pipeline=train_pipeline))
test_dataloader = dict(
    batch_size=16, dataset=dict(repeat=dict(windows=window), pipeline=test_pipeline))
val_dataloader = dict(
    batch_size=16, dataset=dict(repeat=dict(windows=window), pipeline=val_pipeline))
