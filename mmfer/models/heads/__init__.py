"""Heads: features of a video to class scores."""
from mmfer.models.heads.linear_head import LinearHead
from mmfer.models.heads.score_fusion_head import ScoreFusionHead

__all__ = ['LinearHead', 'ScoreFusionHead']
