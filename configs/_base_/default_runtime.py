default_scope = 'mmfer'

default_hooks = dict(
    runtime_info=dict(type='RuntimeInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=10, ignore_last=False),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='AtomicCheckpointHook', interval=1, max_keep_ckpts=1),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    class_weights=dict(type='ClassWeightHook'),
    seed_iteration=dict(type='SeedIterationHook'),
    validate_on_resume=dict(type='ValidateOnResumeHook'))
custom_hooks = []

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))  # gloo where there is no GPU
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
log_processor = dict(type='LogProcessor', window_size=10, by_epoch=True)
log_level = 'INFO'

randomness = dict(seed=0, deterministic=False)
load_from = None
resume = False
