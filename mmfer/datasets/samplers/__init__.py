"""Samplers: in which order, and with which randomness, a dataset is read."""
from mmfer.datasets.samplers.epoch_sampler import EpochSampler
from mmfer.datasets.samplers.stream_sampler import StreamSampler

__all__ = ['EpochSampler', 'StreamSampler']
