"""Answers for faces outside a corpus: people in videos, in crops, or in front of a camera."""
from mmfer.apis.answers import Answer
from mmfer.apis.clips import CropClip
from mmfer.apis.encoder import EncodedFrames, FrameEncoder
from mmfer.apis.inferencer import Crops, ExpressionInferencer, Source
from mmfer.apis.live import LiveFrame, answer_live, without_delay
from mmfer.apis.people import Person, VideoAnalysis
from mmfer.apis.stays import Stay
from mmfer.apis.streaming import StreamAnswer, StreamingRecognizer
from mmfer.apis.timeline import Timeline, WindowSettings

__all__ = [
    'Answer', 'CropClip', 'Crops', 'EncodedFrames', 'ExpressionInferencer', 'FrameEncoder',
    'LiveFrame', 'Person', 'Source', 'Stay', 'StreamAnswer', 'StreamingRecognizer', 'Timeline',
    'VideoAnalysis', 'WindowSettings', 'answer_live', 'without_delay'
]
