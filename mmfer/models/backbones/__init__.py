"""Trunks that encode frames."""
from mmfer.models.backbones.attention_resnet import AttentionResNet
from mmfer.models.backbones.builder import build_trunk, trunk_channels, trunk_output

__all__ = ['AttentionResNet', 'build_trunk', 'trunk_channels', 'trunk_output']
