"""Small ONNX files, written by hand: no package that writes them is needed.

Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx).
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Head:
    """An output: for each square cell of the picture, the mean of its values times a factor.

    Attributes:
        name: Of the output, which is (cells, channels), row by row.
        stride: Side of a cell.
        factors: Of each channel.
        biases: Added to each channel.
        batched: The output has a first axis of 1.
    """

    name: str
    stride: int
    factors: Sequence[float]
    biases: Sequence[float]
    batched: bool = True


def _varint(number: int) -> bytes:
    out = b''
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _tensor(name: str, array: np.ndarray) -> bytes:
    kind = {np.dtype(np.float32): 1, np.dtype(np.int64): 7}[array.dtype]
    dims = b''.join(_field(1, size) for size in array.shape)
    return dims + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _node(kind: str, inputs: Sequence[str], output: str, **attributes: Sequence[int]) -> bytes:
    content = b''.join(_field(1, name) for name in inputs) + _field(2, output)
    for name, values in attributes.items():
        ints = b''.join(_field(8, value) for value in values)
        content += _field(5, _field(1, name) + ints + _field(20, 7))
    return content + _field(3, output) + _field(4, kind)


def _value(name: str, shape: Sequence[int | str]) -> bytes:
    dims = b''.join(_field(1, _field(1 if isinstance(size, int) else 2, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, dims)))


def write_onnx(path: Path, side_px: int, heads: Sequence[Head]) -> None:
    """A network of an image (1, 3, side_px, side_px) with these outputs, in their order."""
    nodes, tensors, outputs = [], [], []
    for head in heads:
        channels = len(head.factors)
        kernel = np.ones((channels, 3, head.stride, head.stride), np.float32) / (
            3 * head.stride**2) * np.float32(head.factors)[:, None, None, None]
        shape = [1, -1, channels] if head.batched else [-1, channels]
        name = head.name
        tensors += [_tensor(f'{name}_w', kernel), _tensor(f'{name}_b', np.float32(head.biases)),
                    _tensor(f'{name}_shape', np.int64(shape))]
        nodes += [_node('Conv', ['input', f'{name}_w', f'{name}_b'], f'{name}_map',
                        kernel_shape=[head.stride] * 2, strides=[head.stride] * 2),
                  _node('Transpose', [f'{name}_map'], f'{name}_last', perm=[0, 2, 3, 1]),
                  _node('Reshape', [f'{name}_last', f'{name}_shape'], name)]
        cells = (side_px // head.stride)**2
        outputs.append(_value(name, [1, cells, channels] if head.batched else [cells, channels]))
    graph = b''.join([*(_field(1, node) for node in nodes), _field(2, 'drawn'),
                      *(_field(5, tensor) for tensor in tensors),
                      _field(11, _value('input', [1, 3, side_px, side_px])),
                      *(_field(12, output) for output in outputs)])
    path.write_bytes(_field(1, 7) + _field(7, graph) + _field(8, _field(1, '') + _field(2, 11)))
