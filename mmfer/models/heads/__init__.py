"""Heads: features of a video to class scores."""
from mmfer.models.heads.blstm_head import BLSTMHead
from mmfer.models.heads.clip_lstm_head import ClipLSTMHead
from mmfer.models.heads.frame_linear_head import FrameLinearHead
from mmfer.models.heads.linear_head import LinearHead
from mmfer.models.heads.mlp_head import MLPHead
from mmfer.models.heads.score_fusion_head import ScoreFusionHead
from mmfer.models.heads.temporal_softmax_head import TemporalSoftmaxHead

__all__ = [
    'BLSTMHead', 'ClipLSTMHead', 'FrameLinearHead', 'LinearHead', 'MLPHead', 'ScoreFusionHead',
    'TemporalSoftmaxHead'
]
