"""Frames of a video, a folder, an array or an iterable, upright and one by one."""
from mmfer.faces.frames.opening import open_frames
from mmfer.faces.frames.source import FrameSource

__all__ = ['FrameSource', 'open_frames']
