"""Trunks: frames (M, 3, H, W) to feature maps (M, D, h, w) or vectors (M, D).

The prefix of the type says whose trunk it is: none for mmfer's and mmaction's,
``mmpretrain.``, ``torchvision.`` or ``timm.``.
"""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import torch
from mmengine.model import Sequential
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS

__all__ = ['build_trunk', 'trunk_attention', 'trunk_channels', 'trunk_output']

# what torchvision's classification models call their last layers
_CLASSIFIERS = ('fc', 'classifier', 'head', 'heads')


def build_trunk(config: Mapping[str, Any]) -> nn.Module:
    """Builds a trunk without a classifier from its config.

    * no prefix, or ``mmpretrain.``: from the registries.
    * ``torchvision.<name>``: ResNets (also ResNeXt, Wide ResNet) and VGGs give their
      last feature maps, with torchvision's parameter names, and take MMEngine's
      ``init_cfg``; all others give the vectors that their classifier would get. Further
      keys go to the model (``weights=...`` is torchvision's own download).
    * ``timm.<name>``: pooled vectors; ``global_pool=''`` gives maps where the model has
      them. Further keys go to ``timm.create_model``.

    Raises:
        ConfigError: No such trunk, or ``init_cfg`` for one that does not take it.
    """
    name = config['type']
    if isinstance(name, str) and name.startswith('torchvision.'):
        return _build_torchvision(name.removeprefix('torchvision.'), _rest(config))
    if isinstance(name, str) and name.startswith('timm.'):
        return _build_timm(name.removeprefix('timm.'), _rest(config))
    if isinstance(name, str) and name.startswith('mmpretrain.'):
        import mmpretrain.models  # noqa: F401  (registers its backbones)
    try:
        return MODELS.build(dict(config))
    except KeyError as error:
        raise ConfigError(f'backbone {name!r} is not registered: {error}') from error


def _rest(config: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != 'type'}


def _build_torchvision(name: str, arguments: dict[str, Any]) -> nn.Module:
    import torchvision.models as models
    init_cfg = arguments.pop('init_cfg', None)
    try:
        model = models.get_model(name, **arguments)
    except ValueError as error:
        raise ConfigError(f"backbone 'torchvision.{name}': {error}") from error
    if isinstance(model, models.VGG):
        kept = ['features']
    elif isinstance(model, models.ResNet):
        # its forward is its children in order
        kept = ['conv1', 'bn1', 'relu', 'maxpool', 'layer1', 'layer2', 'layer3', 'layer4']
    else:
        _refuse_init_cfg(f'torchvision.{name}', init_cfg)
        for classifier in _CLASSIFIERS:
            if hasattr(model, classifier):
                setattr(model, classifier, nn.Identity())
                return _keep_weights(model)
        raise ConfigError(f"backbone 'torchvision.{name}' has no classifier to take off; use a "
                          'classification model')
    return Sequential(OrderedDict((part, getattr(model, part)) for part in kept),
                      init_cfg=init_cfg)


def _build_timm(name: str, arguments: dict[str, Any]) -> nn.Module:
    import timm
    _refuse_init_cfg(f'timm.{name}', arguments.pop('init_cfg', None))
    try:
        return _keep_weights(timm.create_model(name, **{'num_classes': 0, **arguments}))
    except RuntimeError as error:
        raise ConfigError(f"backbone 'timm.{name}': {error}") from error


def _refuse_init_cfg(name: str, init_cfg: Any) -> None:
    if init_cfg is not None:
        raise ConfigError(f'backbone {name!r} takes no init_cfg; give its weights through '
                          'load_from, or by its own arguments')


def _keep_weights(trunk: nn.Module) -> nn.Module:
    # MMEngine would call a method `init_weights` that means something else there,
    # and lose weights that the model came with
    trunk.is_init = True  # type: ignore[assignment]
    return trunk


def trunk_output(trunk: nn.Module, frames: Tensor) -> Tensor:
    """Last output of the trunk: maps (M, D, h, w) or vectors (M, D).

    Raises:
        ConfigError: It is neither.
    """
    output = trunk(frames)
    if isinstance(output, (tuple, list)):
        output = output[-1]
    if not isinstance(output, Tensor) or output.ndim not in (2, 4):
        got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise ConfigError(f'{type(trunk).__name__} gives {got}; a frame trunk must give maps '
                          '(M, D, h, w) or vectors (M, D)')
    return output


def trunk_attention(trunk: nn.Module) -> dict[str, Tensor]:
    """Attention of the trunk's last forward by stable name, (M, ...) each.

    Only trunks that record it have any: they keep it in an attribute ``attention``.
    """
    return dict(getattr(trunk, 'attention', {}))


@torch.no_grad()
def trunk_channels(trunk: nn.Module, sizes_px: tuple[int, ...] = (64, 224)) -> int:
    """D of a trunk, from one dry forward in evaluation mode; draws no random numbers.

    Args:
        trunk: What :func:`build_trunk` gives.
        sizes_px: Frame sizes to try; some trunks take one size only.
    """
    parameter = next(trunk.parameters())
    modes = {module: module.training for module in trunk.modules()}
    trunk.eval()
    failures = []
    try:
        for size in sizes_px:
            try:
                frames = parameter.new_zeros(1, 3, size, size)
                return trunk_output(trunk, frames).shape[1]
            except (RuntimeError, AssertionError, ValueError) as error:
                if isinstance(error, ConfigError):
                    raise
                failures.append(f'{size} px: {error}')
    finally:
        for module, mode in modes.items():
            module.training = mode
    raise ConfigError(f'the output of {type(trunk).__name__} could not be measured '
                      f'({"; ".join(failures)}); give in_channels in the config')
