"""Parameters and multiply-accumulates (MACs) of a recognizer, stage by stage.

Two ways to count MACs, which must not be mixed:

* ``'products'``: convolutions and matrix products, each multiplication with its addition
  as one MAC, biases and elementwise operations as none; by torch's own counter.
* ``'ptflops'``: ``ptflops==0.6.7``, the counter of several papers. It adds biases,
  normalisation, activations and pooling, but only where they are layers of their own:
  products that a module computes by functions, such as attention scores, count as none.

Only shapes matter, so trunks run on torch's meta device: nothing is computed there.
"""
from __future__ import annotations

import contextlib
import copy
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from math import prod
from typing import Any

import torch
from mmaction.models.recognizers.base import BaseRecognizer
from mmengine.model import BaseModel
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence
from torch.utils._pytree import tree_map_only
from torch.utils.flop_counter import FlopCounterMode

from mmfer.errors import ConfigError

__all__ = ['COUNTERS', 'Complexity', 'Stage', 'measure_complexity']

COUNTERS = ('products', 'ptflops')
PTFLOPS = '0.6.7'
_LAST = 'cls_head'


@dataclass(frozen=True)
class Stage:
    """One part of a model.

    Attributes:
        name: Its name in the model, e.g. ``backbone`` or ``backbone.layer1``.
        parameters: Number of its parameters.
        macs: MACs of one forward pass.
    """

    name: str
    parameters: int
    macs: int


@dataclass(frozen=True)
class Complexity:
    """What one forward pass of a model costs.

    Attributes:
        parameters: Number of all parameters.
        macs: MACs of one forward pass.
        stages: Parts in the order of the model, those of the trunk behind the trunk.
            Those of the model add up to the whole; layers of the trunk without parameters
            are counted, but not listed.
        counter: How MACs were counted, one of :data:`COUNTERS`.
    """

    parameters: int
    macs: int
    stages: tuple[Stage, ...]
    counter: str


def measure_complexity(model: BaseModel, batch: dict[str, Any],
                       counter: str = 'products') -> Complexity:
    """Counts parameters and the MACs of one test pass.

    Args:
        model: An ExpressionRecognizer, or a recognizer of mmaction; left as it is.
        batch: One batch as the data loader collates it, usually of one video.
        counter: One of :data:`COUNTERS`.

    Returns:
        The counts. What a model computes outside of its other parts belongs to its head.

    Raises:
        ConfigError: There is no such counter, or its package is not installed.
    """
    if counter not in COUNTERS:
        raise ConfigError(f'counter {counter!r} does not exist; choose one of '
                          f'{", ".join(COUNTERS)}')
    model = copy.deepcopy(model).cpu().eval()
    parts = _parts(model)
    _run_on_meta(model.backbone)
    arguments = {**model.data_preprocessor(batch, False), 'mode': 'tensor'}
    if isinstance(model, BaseRecognizer):
        arguments |= {'stage': 'head', 'test_mode': True}
    count = _count_products if counter == 'products' else _count_ptflops
    with torch.no_grad(), _decomposed():
        total, macs = count(model, parts, lambda: model(**arguments))
    if _LAST in parts:
        others = (macs[name] for name in parts if '.' not in name and name != _LAST)
        macs[_LAST] = total - sum(others)
    return Complexity(_size(model), total, tuple(
        Stage(name, _size(part), macs[name]) for name, part in parts.items()), counter)


def _parts(model: nn.Module) -> dict[str, nn.Module]:
    """The model's parts by name; behind the trunk those of its parts that have parameters."""
    parts: dict[str, nn.Module] = {}
    for name, part in model.named_children():
        if name == 'data_preprocessor':
            continue
        parts[name] = part
        if name == 'backbone':
            parts |= {f'{name}.{inner}': module for inner, module in part.named_children()
                      if _size(module)}
    return parts


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def _run_on_meta(trunk: nn.Module) -> None:
    """Runs a trunk on shapes alone; what follows it gets zeros."""
    trunk.to('meta')
    trunk.register_forward_pre_hook(
        lambda _, args: tree_map_only(Tensor, lambda value: value.to('meta'), args))
    trunk.register_forward_hook(
        lambda _, args, output: tree_map_only(
            Tensor, lambda value: torch.zeros_like(value, device='cpu'), output))


@contextlib.contextmanager
def _decomposed() -> Iterator[None]:
    """Turns the fused kernel of torch's attention off, which counters do not see into."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def _fused_lstm_flops(input_shape: Sequence[int], weight_ih: Sequence[int],
                      weight_hh: Sequence[int], *_: Any, **__: Any) -> int:
    """One layer and direction of an LSTM in a fused kernel: two products a step."""
    return 2 * prod(input_shape[:2]) * (prod(weight_ih) + prod(weight_hh))


def _count_products(model: nn.Module, parts: dict[str, nn.Module],
                    forward: Callable[[], Any]) -> tuple[int, dict[str, int]]:
    """MACs of the model and of each part; parts may run several times."""
    macs = dict.fromkeys(parts, 0)
    fused = {torch.ops.aten.mkldnn_rnn_layer: _fused_lstm_flops}
    with FlopCounterMode(display=False, custom_mapping=fused) as counter:
        for name, part in parts.items():
            part.register_forward_pre_hook(_adder(macs, name, counter, -1))
            part.register_forward_hook(_adder(macs, name, counter, 1))
        forward()
    return counter.get_total_flops() // 2, macs


def _adder(macs: dict[str, int], name: str, counter: FlopCounterMode,
           sign: int) -> Callable[..., None]:
    def add(*_: Any) -> None:
        macs[name] += sign * (counter.get_total_flops() // 2)

    return add


def _count_ptflops(model: nn.Module, parts: dict[str, nn.Module],
                   forward: Callable[[], Any]) -> tuple[int, dict[str, int]]:
    """The same as ptflops counts it."""
    try:
        from ptflops import flops_counter
    except ImportError as error:
        raise ConfigError(f"counting as ptflops does needs it: pip install 'ptflops=={PTFLOPS}'"
                          ) from error
    if version('ptflops') != PTFLOPS:
        raise ConfigError(f'ptflops {version("ptflops")} counts otherwise than {PTFLOPS}, which '
                          f"the papers' numbers come from: pip install 'ptflops=={PTFLOPS}'")
    # it looks types up without their bases, and mmcv's Conv3d is a subclass of torch's
    known = flops_counter.MODULES_MAPPING
    derived = {type(module): known[base] for module in model.modules()
               for base in type(module).__mro__[1:] if base in known}
    derived |= {kind: _unpacked(known[kind]) for kind in (nn.LSTM, nn.GRU, nn.RNN)}
    holder = nn.Module()
    holder.model, holder.forward = model, lambda **_: forward()  # type: ignore[method-assign]
    with contextlib.redirect_stdout(io.StringIO()):  # it warns of inputs by keyword
        total, _ = flops_counter.get_model_complexity_info(
            holder, (1, ), print_per_layer_stat=False, as_strings=False,
            input_constructor=lambda _: {}, custom_modules_hooks=derived)
    return int(total), {name: _ptflops_of(part) for name, part in parts.items()}


def _unpacked(count: Callable[..., None]) -> Callable[..., None]:
    """A counter of recurrent layers that takes packed sequences too: all steps in a row."""
    def hook(module: nn.Module, inputs: tuple, output: Any) -> None:
        steps = inputs[0]
        if isinstance(steps, PackedSequence):
            steps = steps.data.unsqueeze(0)
        count(module, (steps, ), output)

    return hook


def _ptflops_of(module: nn.Module) -> int:
    """What ptflops left in a module, or in its parts where it counts those instead."""
    own = vars(module).get('__flops__')
    return sum(map(_ptflops_of, module.children())) if own is None else int(own)
