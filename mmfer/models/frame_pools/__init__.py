"""Frame pools: feature maps of a frame to its vector."""
from mmfer.models.frame_pools.frame_pool import FramePool
from mmfer.models.frame_pools.global_average_pool import GlobalAveragePool
from mmfer.models.frame_pools.spatial_attention_pool import (
    SpatialAttentionPool,
    diversity_penalty,
)

__all__ = [
    'FramePool', 'GlobalAveragePool', 'SpatialAttentionPool', 'diversity_penalty'
]
