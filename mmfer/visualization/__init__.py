"""Figures from prediction files."""
from mmfer.visualization.attention_strip import (
    Bars,
    Strip,
    attention_bars,
    choose_shown,
    draw_attention_strips,
    strip_title,
)
from mmfer.visualization.confusion_matrix import draw_confusion_matrix
from mmfer.visualization.frames import read_frames
from mmfer.visualization.style import save_figure

__all__ = [
    'Bars', 'Strip', 'attention_bars', 'choose_shown', 'draw_attention_strips',
    'draw_confusion_matrix', 'read_frames', 'save_figure', 'strip_title'
]
