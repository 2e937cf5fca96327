_base_ = ['../_base_/models/baseline_r18.py', '../_base_/recipes/unified.py']

model = dict(neck=dict(num_frames=_base_.frames))
