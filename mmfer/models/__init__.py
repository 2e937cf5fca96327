"""Recognizers and their parts: backbone, frame pool, neck, head."""
# a registry looks names up in its parent's, but does not make the parent import them
import mmaction.models  # noqa: F401

from mmfer.models.backbones import AttentionResNet, build_trunk, trunk_channels, trunk_output
from mmfer.models.clip_tta_model import ClipTTAModel
from mmfer.models.frame_pools import GlobalAveragePool, SpatialAttentionPool
from mmfer.models.heads import (
    ClipLSTMHead,
    LinearHead,
    MLPHead,
    ScoreFusionHead,
    TemporalSoftmaxHead,
)
from mmfer.models.losses import SoftmaxCrossEntropyLoss, SoftmaxFocalLoss
from mmfer.models.necks import CEFLNeck, FANNeck, FrameAttentionNeck, LSTMNeck, MeanNeck
from mmfer.models.preprocessor import FrameDataPreprocessor
from mmfer.models.recognizer import ExpressionRecognizer

__all__ = [
    'AttentionResNet', 'CEFLNeck', 'ClipLSTMHead', 'ClipTTAModel', 'ExpressionRecognizer',
    'FANNeck', 'FrameAttentionNeck', 'FrameDataPreprocessor', 'GlobalAveragePool', 'LSTMNeck',
    'LinearHead', 'MLPHead', 'MeanNeck', 'ScoreFusionHead', 'SoftmaxCrossEntropyLoss',
    'SoftmaxFocalLoss', 'SpatialAttentionPool', 'TemporalSoftmaxHead', 'build_trunk',
    'trunk_channels', 'trunk_output'
]
