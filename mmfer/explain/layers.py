"""Layers of a trunk whose output has regions: which one to explain, and how it lies.

Shape legend: U frames, L tokens, D channels, h and w regions.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.explain.answers import choose_label, class_scores
from mmfer.models.recognizer import ExpressionRecognizer
from mmfer.structures import PackedFrames

_PREFIX_NAMES = ('num_prefix_tokens', 'num_extra_tokens')  # timm, mmpretrain
_MOST_PREFIX = 8


class TokenGrid:
    """Where the tokens of a transformer lie in the frame.

    Args:
        ratio: Height by width of the frames.
        prefix: Tokens without a place (class, registers) before the others, where known.
    """

    def __init__(self, ratio: float, prefix: int | None = None) -> None:
        self.ratio, self.prefix = ratio, prefix

    def shape_of(self, tokens: int) -> tuple[int, int, int] | None:
        """Prefix, rows and columns of so many tokens; None where they make no grid."""
        prefixes = range(_MOST_PREFIX + 1) if self.prefix is None else [self.prefix]
        for prefix in prefixes:
            rows = round(((tokens - prefix) * self.ratio)**.5) if tokens > prefix else 0
            columns = round(rows / self.ratio)
            if rows and columns and rows * columns == tokens - prefix:
                return prefix, rows, columns
        return None


def token_grid(trunk: nn.Module, size_px: Sequence[int]) -> TokenGrid:
    """The grid of a trunk's tokens for frames of height and width ``size_px``."""
    found = [getattr(trunk, name) for name in _PREFIX_NAMES if hasattr(trunk, name)]
    return TokenGrid(size_px[0] / size_px[1], int(found[0]) if found else None)


def layer_maps(layer: nn.Module, output: Tensor, grid: TokenGrid, name: str = '') -> Tensor:
    """Output of a layer, or its gradient, as maps (U, D, h, w).

    Args:
        layer: The layer.
        output: Maps (U, D, h, w), or (U, h, w, D) from a LayerNorm over channels at the
            end, or tokens (U, L, D).
        grid: Where the tokens lie.
        name: Of the layer, for messages.

    Raises:
        ConfigError: The output is neither.
    """
    if output.ndim == 4:
        return output.permute(0, 3, 1, 2) if _channels_at_the_end(layer) else output
    shape = grid.shape_of(output.shape[1]) if output.ndim == 3 else None
    if shape is None:
        raise ConfigError(f'layer {name!r} gives {tuple(output.shape)}, which is neither maps '
                          '(U, D, h, w) nor the tokens of a grid (U, L, D); name a layer '
                          'that is')
    prefix, rows, columns = shape
    return output[:, prefix:].unflatten(1, (rows, columns)).permute(0, 3, 1, 2)


def _channels_at_the_end(layer: nn.Module) -> bool:
    # subclasses, such as timm's LayerNorm2d, normalise the second axis
    return type(layer) is nn.LayerNorm


def find_layer(recognizer: ExpressionRecognizer, inputs: PackedFrames, label: int | None,
               output: str) -> str:
    """The last layer of the trunk with regions that the score of a class depends on.

    That is the trunk's output (the empty name) where it is maps. Other trunks pool; they
    are asked with one frame in the place of all. Parts of attention layers do not count:
    their axes are heads.

    Raises:
        ConfigError: No layer has regions.
    """
    with torch.no_grad():
        frame = recognizer.data_preprocessor.normalize(
            recognizer.data_preprocessor.move(inputs.frames[:1]))
        last = recognizer.backbone(frame)
    last = last[-1] if isinstance(last, (tuple, list)) else last
    if last.ndim == 4:
        return ''
    outputs: dict[str, tuple[nn.Module, Tensor]] = {}

    def remember(name: str) -> Any:

        def hook(module: nn.Module, args: Any, result: Any) -> None:
            if isinstance(result, Tensor) and result.ndim in (3, 4) and result.requires_grad:
                outputs.pop(name, None)
                outputs[name] = (module, result)

        return hook

    handles = [module.register_forward_hook(remember(name))
               for name, module in recognizer.backbone.named_modules()
               if name and 'attn' not in name and 'attention' not in name]
    # so that frozen trunks have gradients as well
    handles.append(recognizer.backbone.register_forward_pre_hook(
        lambda module, args: (args[0].requires_grad_(), *args[1:])))
    try:
        once = PackedFrames(inputs.frames[:1], torch.zeros_like(inputs.gather), inputs.lengths,
                            inputs.clips, inputs.present)
        scores = class_scores(recognizer, once, output)[0]
    finally:
        for handle in handles:
            handle.remove()
    names = list(outputs)
    score = scores[choose_label(scores, label)]
    gradients = torch.autograd.grad(score, [result for _, result in outputs.values()],
                                    allow_unused=True) if names else ()
    grid = token_grid(recognizer.backbone, inputs.frames.shape[2:])
    for name, gradient in zip(reversed(names), reversed(gradients)):
        if gradient is None:
            continue
        try:
            slopes = layer_maps(outputs[name][0], gradient, grid, name)
        except ConfigError:
            continue
        if slopes.shape[2] * slopes.shape[3] > 1 and bool(slopes.any()):
            return name
    raise ConfigError(f'{type(recognizer.backbone).__name__} has no layer with regions that '
                      'the answer depends on; name one by its layer')
