"""Necks: the frame vectors of a video to one vector, one method per file."""
from mmfer.models.necks.fan import FANNeck

__all__ = ['FANNeck']
