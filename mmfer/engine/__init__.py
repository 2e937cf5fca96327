"""Hooks and loops: checkpoints that survive kills, randomness that survives resuming."""
from mmfer.engine.atomic_checkpoint_hook import AtomicCheckpointHook
from mmfer.engine.class_weight_hook import ClassWeightHook
from mmfer.engine.plain_checkpoint_hook import PlainCheckpointHook
from mmfer.engine.seed_iteration_hook import SeedIterationHook
from mmfer.engine.stream_train_loop import StreamTrainLoop
from mmfer.engine.validate_on_resume_hook import ValidateOnResumeHook

__all__ = [
    'AtomicCheckpointHook', 'ClassWeightHook', 'PlainCheckpointHook', 'SeedIterationHook',
    'StreamTrainLoop', 'ValidateOnResumeHook'
]
