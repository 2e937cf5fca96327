"""Why a model answers as it does: gradients, and what happens when frames are taken away."""
from mmfer.explain.grad_cam import GradCAM, grad_cam, grad_cam_maps

__all__ = ['GradCAM', 'grad_cam', 'grad_cam_maps']
