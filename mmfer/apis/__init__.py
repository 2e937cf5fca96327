"""Answers for faces outside a corpus: crops of people in files or from a camera."""
from mmfer.apis.answers import Answer
from mmfer.apis.clips import CropClip
from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.apis.inferencer import ExpressionInferencer

__all__ = ['Answer', 'CropClip', 'EncodedFrames', 'ExpressionInferencer', 'FrameEncoder']
