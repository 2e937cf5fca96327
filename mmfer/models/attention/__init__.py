"""Block attention: gates on feature maps (M, C, h, w), as plain modules.

Every class takes ``channels`` first, returns maps of the shape that it got, and begins anew
by ``reset_parameters()``. One that gates positions holds the part that scores them as
``spatial_gate``: maps to logits (M, 1, h, w), whose sigmoid is the gate.

Axes: M frames, C channels, h and w positions.
"""
from mmfer.models.attention.cbam import CBAM
from mmfer.models.attention.channel_attention import ChannelAttention
from mmfer.models.attention.spatial_attention import SpatialAttention

__all__ = ['CBAM', 'ChannelAttention', 'SpatialAttention']
