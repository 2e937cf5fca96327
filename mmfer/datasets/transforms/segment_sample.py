"""One random frame of each of K segments."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import fixed_generator, global_generator
from mmfer.datasets.transforms.sampling import (
    code_positions,
    segment_positions,
    set_frame_inds,
)
from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['SegmentSample']

_VARIANTS = ('paper', 'code_ckplus', 'code_afew')


@TRANSFORMS.register_module()
class SegmentSample(BaseTransform):
    """Samples one frame of each segment of a clip (Meng et al., ICIP 2019).

    Needs ``total_frames`` and ``start_index``; sets ``frame_inds`` (K,), ``num_clips``
    and ``clip_len``.

    Args:
        num_segments: K.
        variant: ``'paper'`` splits all frames as evenly as possible and draws anew in
            every epoch; a clip of fewer than K frames repeats frames. ``'code_ckplus'``
            and ``'code_afew'`` are the released code's draws
            (:func:`~mmfer.datasets.transforms.sampling.code_positions`), made once:
            they follow from seed and sample, not from the epoch. With
            ``ExpressionDataset(repeat='frames')`` a clip has as many of them as frames,
            as in the released code.
    """

    def __init__(self, num_segments: int = 3, variant: str = 'paper') -> None:
        if num_segments < 1:
            raise ConfigError(f'SegmentSample: num_segments is {num_segments}; give at least 1')
        if variant not in _VARIANTS:
            raise ConfigError(
                f'SegmentSample: variant {variant!r} does not exist; choose one of '
                f'{", ".join(_VARIANTS)}')
        self.num_segments = num_segments
        self.variant = variant

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Draws the frames of one sample."""
        total = results['total_frames']
        if self.variant == 'paper':
            positions = segment_positions(total, self.num_segments, global_generator())
        else:
            rng = fixed_generator(results.get('seed', 0), results.get('sample_idx', 0))
            positions = code_positions(
                total, self.num_segments, self.variant, results.get('repeat_index', 0), rng)
        return set_frame_inds(results, positions)

    def __repr__(self) -> str:
        """The transform as it is built."""
        return f'SegmentSample(num_segments={self.num_segments}, variant={self.variant!r})'
