# For `tools/test.py --tta`: three draws of the frames, each plain and mirrored, six views. The
# first is the plain test, whose attention and frames the predictions keep.
_base_ = './fan_r18_unified.py'

steps = _base_.test_pipeline
tta_pipeline = [
    dict(
        type='TestTimeAug',
        transforms=[
            # the order makes the first of each list the first view
            [
                steps[0],
                dict(type='SegmentSample', num_segments=_base_.frames),
                dict(type='SegmentSample', num_segments=_base_.frames),
            ],
            [steps[1]],
            [dict(type='Flip', flip_ratio=0.), dict(type='Flip', flip_ratio=1.)],
            [steps[2]],
            [steps[3]],
        ])
]
tta_model = dict(type='ClipTTAModel', average_clips='prob')
