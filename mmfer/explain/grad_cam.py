"""Grad-CAM: which regions of which frames raise the score of a class.

Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via
Gradient-based Localization", ICCV 2017, Eq. (1) and (2), applied to each frame of a video
whose one answer depends on all of them.

Shape legend: T sampled frames, U distinct ones, D channels, h and w regions.

The package ``grad-cam`` takes models that answer for each image of a batch, and stretches
the map of every image to 0..1 on its own. Here one answer depends on many frames, and how
the frames compare with each other is the point; so the two equations are written out.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.explain.answers import check_recognizer, choose_label, class_scores, evaluating
from mmfer.explain.layers import find_layer, layer_maps, token_grid
from mmfer.models.recognizer import ExpressionRecognizer
from mmfer.structures import PackedFrames

__all__ = ['GradCAM', 'grad_cam', 'grad_cam_maps', 'layer_gradients']


@dataclass(frozen=True)
class GradCAM:
    """The maps of one video.

    Attributes:
        maps: (T, h, w) float32, non-negative, on the CPU. One scale for all frames: their
            sizes can be compared.
        label: The class that they explain.
        score: Its score.
        layer: Name of the layer in the trunk; empty for the trunk's output.
    """

    maps: Tensor
    label: int
    score: float
    layer: str


def grad_cam_maps(maps: Tensor, gradients: Tensor) -> Tensor:
    """relu(sum_d alpha_d A_d), alpha_d being the mean gradient of channel d, Eq. (1), (2).

    Args:
        maps: A, (U, D, ...) of U frames (or clips), with any axes of regions.
        gradients: Of the score with respect to A, of the same shape.

    Returns:
        (U, ...), non-negative.
    """
    alpha = gradients.flatten(2).mean(-1)
    return torch.einsum('ud,ud...->u...', alpha, maps).relu()


def grad_cam(model: nn.Module, inputs: PackedFrames, label: int | None = None,
             layer: str | None = None, output: str = 'logit') -> GradCAM:
    """Grad-CAM of one video through any trunk, neck and head.

    A frame that was sampled several times was encoded once: each of its entries has the
    same map, to which all of them contribute.

    Args:
        model: An ExpressionRecognizer. Its modes, parameters and gradients stay as they are.
        inputs: One packed video, as the data preprocessor gives it.
        label: Class to explain; default: the one with the highest score.
        layer: Name of a layer of the trunk, e.g. ``'layer3'``, whose output is maps
            (U, D, h, w) or tokens (U, L, D). Default: the trunk's output where that is maps;
            else the last layer whose regions the score depends on (of a transformer with a
            class token the first normalisation of the last block).
        output: What to differentiate, ``'logit'`` or ``'log_probability'``, see
            :func:`~mmfer.explain.answers.class_scores`.

    Raises:
        ConfigError: There is no such layer or class, its output is no map, or the model
            does not encode frame by frame.
        ValueError: There is more than one video.
    """
    recognizer = check_recognizer(model)
    maps, gradients, label, score, layer = layer_gradients(recognizer, inputs, label, layer,
                                                           output)
    cams = grad_cam_maps(maps, gradients).float().cpu()
    return GradCAM(cams[inputs.gather.cpu()], label, score, layer)


def layer_gradients(recognizer: ExpressionRecognizer, inputs: PackedFrames,
                    label: int | None = None, layer: str | None = None,
                    output: str = 'logit') -> tuple[Tensor, Tensor, int, float, str]:
    """Maps of a layer (U, D, h, w), the score's gradients, the class, its score, the layer.

    See :func:`grad_cam` for the arguments.
    """
    if len(inputs.lengths) != 1:
        raise ValueError(f'{len(inputs.lengths)} videos; Grad-CAM takes one at a time')
    # cuDNN's recurrent layers have no gradients in evaluation mode; torch's own have
    with evaluating(recognizer), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        if layer is None:
            layer = find_layer(recognizer, inputs, label, output)
        with _leaves(_submodule(recognizer.backbone, layer)) as leaves:
            scores = class_scores(recognizer, inputs, output)[0]
        label = choose_label(scores, label)
        gradients = torch.autograd.grad(scores[label], leaves)
    grid = token_grid(recognizer.backbone, inputs.frames.shape[2:])
    module = _submodule(recognizer.backbone, layer)
    maps, slopes = (torch.cat([layer_maps(module, part, grid, layer) for part in parts])
                    for parts in ([leaf.detach() for leaf in leaves], gradients))
    return maps, slopes, label, float(scores[label].detach()), layer


def _submodule(trunk: nn.Module, name: str) -> nn.Module:
    try:
        return trunk.get_submodule(name)
    except AttributeError:
        known = ', '.join(child for child, _ in trunk.named_children())
        raise ConfigError(f'layer {name!r}: the trunk has none of that name; it begins with '
                          f'{known}') from None


@contextmanager
def _leaves(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Cuts the graph at a layer: its outputs, chunk by chunk, become leaves with gradients.

    Nothing before the layer is kept, so that a long video needs little memory, and frozen
    trunks need no special care.
    """
    leaves: list[Tensor] = []

    def cut(module: nn.Module, args: Any, output: Any) -> Any:
        several = isinstance(output, (tuple, list))
        last = output[-1] if several else output
        if not isinstance(last, Tensor):
            raise ConfigError(f'layer {type(module).__name__} gives {type(last).__name__}, '
                              'no tensor; name another layer')
        leaves.append(last.detach().requires_grad_())
        # a clone, for a leaf must not be changed in place by what follows
        follows = leaves[-1].clone()
        return (*output[:-1], follows) if several else follows

    handle = layer.register_forward_hook(cut)
    try:
        yield leaves
    finally:
        handle.remove()

