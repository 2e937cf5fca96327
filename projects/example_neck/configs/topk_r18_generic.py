_base_ = ['../../../configs/fan/fan_r18_generic.py']
custom_imports = dict(imports=['projects.example_neck'])

model = dict(neck=dict(_delete_=True, type='TopKNeck', in_channels=512, k=3))
