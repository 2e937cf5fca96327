"""Trunks that encode frames."""
from mmfer.models.backbones.builder import build_trunk, trunk_channels, trunk_output

__all__ = ['build_trunk', 'trunk_channels', 'trunk_output']
