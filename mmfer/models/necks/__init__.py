"""Necks: the frame vectors of a video to one vector, one method per file."""
from mmfer.models.necks.ceflnet import CEFLNeck
from mmfer.models.necks.fan import FANNeck
from mmfer.models.necks.frame_attention import FrameAttentionNeck
from mmfer.models.necks.lstm import LSTMNeck
from mmfer.models.necks.mean_neck import MeanNeck

__all__ = ['CEFLNeck', 'FANNeck', 'FrameAttentionNeck', 'LSTMNeck', 'MeanNeck']
