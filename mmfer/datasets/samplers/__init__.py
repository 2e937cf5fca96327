"""Samplers: in which order, and with which randomness, a dataset is read."""
from mmfer.datasets.samplers.epoch_sampler import EpochSampler
from mmfer.datasets.samplers.stream_sampler import StreamSampler
from mmfer.datasets.samplers.video_uniform_sampler import VideoUniformSampler

__all__ = ['EpochSampler', 'StreamSampler', 'VideoUniformSampler']
