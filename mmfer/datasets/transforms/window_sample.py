"""One of the windows that a clip is cut into."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.transforms.sampling import set_frame_inds, window_positions
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['WindowSample']

_TAILS = ('mask', 'zeros', 'repeat', 'shift')


@TRANSFORMS.register_module()
class WindowSample(BaseTransform):
    """Takes window number ``repeat_index`` of a clip, so that all its frames are answered.

    Needs ``total_frames``, ``start_index``, and ``repeat_index`` and ``repeat_count`` of
    ``ExpressionDataset(repeat=dict(windows=length))``, which makes a clip ceil(T / length)
    samples; sets ``frame_inds`` (t,), ``num_clips`` and ``clip_len``.

    Args:
        length: Frames of a window.
        tail: What becomes of the last window, where ``length`` does not divide T:

            * ``'mask'``: it is shorter.
            * ``'zeros'``: it is filled up with black frames, labelled -1 (the paper of
              ResNet-101 + CBAM + BLSTM in validation); sets ``frame_blank``.
            * ``'repeat'``: it is filled up with the last frame and its label (the released
              code in validation). Each frame still counts once; what the code counts,
              ``ExpressionMetric(count_padding=True)`` gives beside it.
            * ``'shift'``: it moves back to end at the last frame (both, in the test). Of
              the frames that are then answered twice, the earlier window's answer counts.
              A clip of fewer than ``length`` frames is one shorter window.
    """

    def __init__(self, length: int = 8, tail: str = 'mask') -> None:
        if length < 1:
            raise ConfigError(f'WindowSample: length is {length}; give at least 1')
        if tail not in _TAILS:
            raise ConfigError(f'WindowSample: tail {tail!r} does not exist; choose one of '
                              f'{", ".join(_TAILS)}')
        self.length = length
        self.tail = tail

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Chooses the frames of one sample."""
        total, count = results['total_frames'], results.get('repeat_count', 1)
        if count != -(-total // self.length):
            raise ConfigError(
                f'WindowSample: clip {results.get("clip", "?")!r} of {total} frames comes as '
                f'{count} samples, not as {-(-total // self.length)} windows of {self.length}; '
                f'set repeat=dict(windows={self.length}) of the dataset')
        positions, filling = window_positions(total, self.length, results['repeat_index'],
                                              self.tail)
        if self.tail == 'zeros':
            results['frame_blank'] = filling
        return set_frame_inds(results, positions)

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'WindowSample(length={self.length}, tail={self.tail!r})'
