"""Weights of other projects under the names of our recognizers.

A converted trunk has the keys ``backbone.*``, as checkpoints trained here have, so both
serve as ``init_cfg=dict(type='Pretrained', checkpoint=..., prefix='backbone.')``.
"""
from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from mmfer.errors import CheckpointError, ConfigError
from mmfer.models.backbones.builder import build_trunk

__all__ = ['ARCHITECTURES', 'CODE_CLASSES', 'MODELS_OF_THE_CODE', 'Conversion', 'convert']

_RESNETS = {f'resnet{depth}': depth for depth in (18, 50, 101)}

ARCHITECTURES: dict[str, dict[str, dict[str, Any]]] = {
    **{name: {
        'mmpretrain': dict(type='mmpretrain.ResNet', depth=depth, out_indices=(3, )),
        'torchvision': dict(type=f'torchvision.{name}'),
    } for name, depth in _RESNETS.items()},
    'vgg16': {
        'mmpretrain': dict(type='mmpretrain.VGG', depth=16),
        'torchvision': dict(type='torchvision.vgg16'),
    },
}
"""Per architecture, the config of the trunk that takes the weights, per project."""

MODELS_OF_THE_CODE = ('trunk', 'fan', 'fan-self')

CODE_CLASSES = ('happiness', 'anger', 'disgust', 'fear', 'sadness', 'contempt', 'surprise')
"""Order of the classes in the models of FAN's released code; 5 is neutral on AFEW."""

# what the classifiers of a trunk are called, by who wrote the file
_DROPPED = {
    **dict.fromkeys(_RESNETS, ('fc.', 'feature.', 'head.')),
    'vgg16': ('classifier.', 'head.', 'fc6.', 'fc7.', 'fc8.'),
}
_DROPPED_OF_RECOGNIZERS = ('head.', 'neck.', 'cls_head.', 'data_preprocessor.')
_VGG16_STAGES = (2, 2, 3, 3, 3)


@dataclass
class Conversion:
    """Outcome of :func:`convert`.

    Attributes:
        state_dict: Weights under our names.
        trunk_keys: Number of keys of the trunk, matched or filled.
        dropped: Keys of the file that were left out on purpose.
        filled: Counters of batch normalisation that the file lacks, set to 0.
        classes: Order of the classes of a converted classifier.
    """

    state_dict: dict[str, Tensor]
    trunk_keys: int
    dropped: list[str] = field(default_factory=list)
    filled: list[str] = field(default_factory=list)
    classes: list[str] | None = None


def vgg16_names(to: str) -> dict[str, str]:
    """Name of each convolution in other projects -> its name in ``to``.

    Knows torchvision's (``features.0``), mmpretrain's (``features.0.conv``) and those of
    ports of VGGFace (``conv1_1``, ``conv_1_1``).
    """
    names: dict[str, str] = {}
    theirs = ours = 0
    for stage, convolutions in enumerate(_VGG16_STAGES, 1):
        for i in range(1, convolutions + 1):
            name = {'torchvision': f'features.{theirs}', 'mmpretrain': f'features.{ours}.conv'}
            ports = (f'conv{stage}_{i}', f'conv_{stage}_{i}')
            names |= {old: name[to] for old in (*name.values(), *ports)}
            # torchvision counts activations as layers; pooling counts in both
            theirs, ours = theirs + 2, ours + 1
        theirs, ours = theirs + 1, ours + 1
    return names


def convert(state: Mapping[str, Tensor], arch: str = 'resnet18', to: str = 'mmpretrain',
            model: str = 'trunk', classes: Sequence[str] | None = None) -> Conversion:
    """Renames weights for ``ExpressionRecognizer``; every key is used or dropped by name.

    Args:
        state: Weights by name, of torchvision, mmpretrain, a checkpoint of our own, or
            FAN's authors (with or without ``module.``).
        arch: A key of ``ARCHITECTURES``.
        to: Whose trunk takes them: ``'mmpretrain'`` or ``'torchvision'``.
        model: ``'trunk'``, or for a model trained with FAN's released code ``'fan'`` or
            ``'fan-self'``: the code's files hold the parts of both.
        classes: With ``'fan'`` and ``'fan-self'``, the order of classes wanted; defaults
            to ``CODE_CLASSES``.

    Raises:
        ConfigError: Unknown ``arch``, ``to``, ``model`` or class.
        CheckpointError: Keys of the trunk are missing, left over or of another shape.
    """
    for value, known in ((arch, ARCHITECTURES), (to, ARCHITECTURES['resnet18']),
                         (model, MODELS_OF_THE_CODE)):
        if value not in known:
            raise ConfigError(f'{value!r} is not one of {", ".join(known)}')
    remaining = {key.removeprefix('module.'): value for key, value in state.items()}
    result = Conversion({}, 0)
    if model != 'trunk':
        _take_fan(remaining, model, classes, result)
    _take_trunk(remaining, arch, to, result)
    return result


def _take_trunk(remaining: dict[str, Tensor], arch: str, to: str, result: Conversion) -> None:
    """Moves a trunk's weights out of ``remaining``, which must hold nothing else."""
    of_recognizer = any(key.startswith('backbone.') for key in remaining)
    drop = _DROPPED_OF_RECOGNIZERS if of_recognizer else _DROPPED[arch]
    result.dropped += [key for key in remaining if key.startswith(drop)]
    names = vgg16_names(to) if arch == 'vgg16' else {}
    found, original = {}, {}
    for key, value in remaining.items():
        if key.startswith(drop):
            continue
        module, _, last = key.removeprefix('backbone.').rpartition('.')
        renamed = f'{names.get(module, module)}.{last}'
        found[renamed], original[renamed] = value, key
    expected = _trunk_shapes(arch, to)
    for key in expected.keys() - found.keys():
        # files from before torch 0.4.1 lack the counter, which nothing reads
        if key.endswith('.num_batches_tracked'):
            found[key] = torch.zeros((), dtype=torch.int64)
            result.filled.append(f'backbone.{key}')
    missing = [key for key in expected if key not in found]
    left = [original[key] for key in found if key not in expected]
    if missing or left:
        hint = ''
        if any(re.match(r'(alpha|beta|pred_fc\d)\.', key) for key in left):
            hint = "; it is a model trained with FAN's code: give --model fan or fan-self"
        raise CheckpointError(
            f'not a {arch}: {len(expected) - len(missing) - len(result.filled)} of '
            f'{len(expected)} keys match, '
            f'{_named("missing", missing)}, {_named("left over", left)}{hint}')
    wrong = [f'{original.get(key, key)} {tuple(found[key].shape)} instead of {tuple(shape)}'
             for key, shape in expected.items() if found[key].shape != shape]
    if wrong:
        raise CheckpointError(f'not a {arch}: {_named("of another shape", wrong)}')
    result.trunk_keys = len(expected)
    result.state_dict |= {f'backbone.{key}': found[key] for key in expected}


def _trunk_shapes(arch: str, to: str) -> dict[str, torch.Size]:
    trunk = build_trunk(ARCHITECTURES[arch][to])
    return {key: value.shape for key, value in trunk.state_dict().items()}


def _take_fan(remaining: dict[str, Tensor], model: str, classes: Sequence[str] | None,
              result: Conversion) -> None:
    """Moves attention and classifier of the released code's model out of ``remaining``."""
    order = _class_order(classes)
    parts = {key: remaining.pop(key) for key in list(remaining)
             if re.match(r'(alpha\.0|beta\.0|pred_fc\d+)\.(weight|bias)$', key)}
    wanted = {f'{part}.0.{kind}': f'neck.{part}.{kind}'
              for part in (('alpha', 'beta') if model == 'fan' else ('alpha', ))
              for kind in ('weight', 'bias')}
    missing = [key for key in wanted if key not in parts]
    if missing:
        raise CheckpointError(f"not a model of FAN's code: {_named('missing', missing)}")
    # of its two classifiers the one that takes the video's vector of this model
    width = parts['alpha.0.weight'].shape[1] * (2 if model == 'fan' else 1)
    heads = [key for key, value in parts.items()
             if key.startswith('pred_fc') and value.ndim == 2 and value.shape[1] == width]
    if len(heads) != 1 or heads[0].replace('weight', 'bias') not in parts:
        raise CheckpointError(f"not a model of FAN's code: {len(heads)} classifiers pred_fc take "
                              f'{width} channels instead of one')
    name = heads[0].removesuffix('.weight')
    if len(parts[heads[0]]) != len(CODE_CLASSES):
        raise CheckpointError(f'{name} has {len(parts[heads[0]])} classes; those of the code have '
                              f'{len(CODE_CLASSES)}')
    for kind in ('weight', 'bias'):
        result.state_dict[f'cls_head.fc.{kind}'] = parts.pop(f'{name}.{kind}')[order]
    result.state_dict |= {new: parts.pop(old) for old, new in wanted.items()}
    result.dropped += list(parts)
    result.classes = list(classes or CODE_CLASSES)


def _class_order(classes: Sequence[str] | None) -> list[int]:
    """Index in ``CODE_CLASSES`` of each wanted class."""
    classes = classes or CODE_CLASSES
    known = {name: i for i, name in enumerate(CODE_CLASSES)}
    known['neutral'] = known['contempt']
    unknown = [name for name in classes if name not in known]
    order = [known[name] for name in classes if name in known]
    if unknown or sorted(order) != list(range(len(CODE_CLASSES))):
        raise ConfigError(f'classes {", ".join(classes)}: must be each of '
                          f'{", ".join(CODE_CLASSES)} once (neutral may stand for contempt)')
    return order


def _named(what: str, keys: Sequence[str]) -> str:
    if not keys:
        return f'0 {what}'
    more = f' and {len(keys) - 5} more' if len(keys) > 5 else ''
    return f'{len(keys)} {what} ({", ".join(keys[:5])}{more})'
