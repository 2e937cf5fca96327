"""Why a model answers as it does: gradients, and what happens when frames are taken away."""
from mmfer.explain.faithfulness import Faithfulness, frame_faithfulness, region_faithfulness
from mmfer.explain.grad_cam import GradCAM, grad_cam, grad_cam_maps

__all__ = [
    'Faithfulness', 'GradCAM', 'frame_faithfulness', 'grad_cam', 'grad_cam_maps',
    'region_faithfulness'
]
