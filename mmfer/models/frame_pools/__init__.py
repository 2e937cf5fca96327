"""Frame pools: feature maps of a frame to its vector."""
from mmfer.models.frame_pools.frame_pool import FramePool
from mmfer.models.frame_pools.global_average_pool import GlobalAveragePool, global_average_pool

__all__ = ['FramePool', 'GlobalAveragePool', 'global_average_pool']
