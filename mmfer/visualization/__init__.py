"""Figures from prediction files and features files."""
from mmfer.visualization.attention_strip import (
    Bars,
    Strip,
    attention_bars,
    choose_shown,
    draw_attention_strips,
    strip_title,
)
from mmfer.visualization.confusion_matrix import (
    ConfusionPanel,
    draw_confusion_matrices,
    draw_confusion_matrix,
)
from mmfer.visualization.distinct import DistinctFrames
from mmfer.visualization.emotional_activation import (
    ActivatedFrames,
    draw_emotional_activation,
    emotional_activation,
)
from mmfer.visualization.feature_embedding import Embedding, draw_embeddings, embed
from mmfer.visualization.frame_scores import ScoredFrames, draw_frame_scores, frame_scores
from mmfer.visualization.frames import read_frames
from mmfer.visualization.reliability import ReliabilityPanel, draw_reliability
from mmfer.visualization.spatial_attention import (
    MaskedFrames,
    draw_spatial_attention,
    spatial_maps,
)
from mmfer.visualization.style import save_figure

__all__ = [
    'ActivatedFrames', 'Bars', 'ConfusionPanel', 'DistinctFrames', 'Embedding', 'MaskedFrames',
    'ReliabilityPanel', 'ScoredFrames', 'Strip', 'attention_bars', 'choose_shown',
    'draw_attention_strips', 'draw_confusion_matrices', 'draw_confusion_matrix',
    'draw_embeddings', 'draw_emotional_activation', 'draw_frame_scores', 'draw_reliability',
    'draw_spatial_attention', 'embed', 'emotional_activation', 'frame_scores', 'read_frames',
    'save_figure', 'spatial_maps', 'strip_title'
]
