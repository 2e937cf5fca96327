"""A label drawn from the votes of the annotators."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.datasets.randomness import global_generator
from mmfer.errors import AnnotationError
from mmfer.registry import TRANSFORMS

__all__ = ['DrawLabel']


@TRANSFORMS.register_module()
class DrawLabel(BaseTransform):
    """Sets ``label`` to a class drawn from ``label_distribution``, anew in every epoch.

    "Probabilistic label drawing" of Barsoum et al., Training Deep Networks for Facial
    Expression Recognition with Crowd-Sourced Label Distribution, ICMI 2016: for training with
    a loss on labels. For the training pipeline only; scores count the majority's label.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Draws the label of one sample.

        Raises:
            AnnotationError: The clip has no label distribution.
        """
        if 'label_distribution' not in results:
            raise AnnotationError(f'clip {results.get("clip")!r} has no label_distribution to draw '
                                  'from; take DrawLabel out of the pipeline')
        shares = results['label_distribution'].astype(float)
        results['label'] = int(global_generator().choice(len(shares), p=shares / shares.sum()))
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return 'DrawLabel()'
