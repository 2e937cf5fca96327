"""One image for each sampled frame, for recognizers that know nothing of repeated ones."""
from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform

from mmfer.errors import ConfigError
from mmfer.registry import TRANSFORMS

__all__ = ['RepeatFrames']


@TRANSFORMS.register_module()
class RepeatFrames(BaseTransform):
    """Lays out ``imgs`` as MMAction2's transforms and its own recognizers expect them.

    :class:`LoadFrames` decodes a frame that was sampled twice once, and ``frame_gather``
    says where it belongs. Put behind it, this transform makes ``imgs`` the T sampled frames
    in order (a list of T images, repeated ones the same object) and takes ``frame_gather``
    away. Own recognizers do not need it.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Lays out one sample.

        Raises:
            ConfigError: Frames are masked, which those recognizers know nothing of.
        """
        if 'frame_present' in results:
            raise ConfigError("RepeatFrames: MissingFaces(policy='mask') needs an "
                              "ExpressionRecognizer; choose 'repeat', 'drop' or 'interpolate'")
        imgs = results['imgs']
        results['imgs'] = [imgs[row] for row in results.pop('frame_gather').tolist()]
        return results

    def __repr__(self) -> str:
        """The transform as it is built."""
        return 'RepeatFrames()'
