"""Transforms of a pipeline: sampling, loading, augmentation, formatting."""
from mmfer.datasets.transforms.all_frames import AllFrames
from mmfer.datasets.transforms.clip_sample import ClipSample
from mmfer.datasets.transforms.color_jitter import ColorJitter
from mmfer.datasets.transforms.continuous_sample import ContinuousSample
from mmfer.datasets.transforms.draw_label import DrawLabel
from mmfer.datasets.transforms.format_frames import FormatFrames
from mmfer.datasets.transforms.load_frames import LoadFrames
from mmfer.datasets.transforms.map_frame_numbers import MapFrameNumbers
from mmfer.datasets.transforms.missing_faces import MissingFaces
from mmfer.datasets.transforms.pack_expression_inputs import PackExpressionInputs
from mmfer.datasets.transforms.per_frame_flip import PerFrameFlip
from mmfer.datasets.transforms.random_rotate import RandomRotate
from mmfer.datasets.transforms.random_sample import RandomSample
from mmfer.datasets.transforms.repeat_frames import RepeatFrames
from mmfer.datasets.transforms.segment_sample import SegmentSample
from mmfer.datasets.transforms.uniform_sample import UniformSample
from mmfer.datasets.transforms.window_sample import WindowSample

__all__ = [
    'AllFrames', 'ClipSample', 'ColorJitter', 'ContinuousSample', 'DrawLabel', 'FormatFrames',
    'LoadFrames', 'MapFrameNumbers', 'MissingFaces', 'PackExpressionInputs', 'PerFrameFlip',
    'RandomRotate', 'RandomSample', 'RepeatFrames', 'SegmentSample', 'UniformSample',
    'WindowSample'
]
