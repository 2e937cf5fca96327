"""Answers for faces outside a corpus: crops of people in files or from a camera."""
from mmfer.apis.encoder import EncodedFrames, FrameEncoder

__all__ = ['EncodedFrames', 'FrameEncoder']
