"""Where one shot ends and another begins."""
from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mmfer.errors import ConfigError
from mmfer.faces.tracking.pyramid import Pyramid

__all__ = ['CutDetector']

_SIDE_PX = 64
"""Frames are halved while their longer side keeps this; noise of single pixels is no change."""


class CutDetector:
    """Hard cuts by PySceneDetect's content score: the mean change of hue, saturation and value.

    Causal, as it compares a frame with the one before it, and with no least length of a shot:
    a person's id does not outlive a cut, however short the shot is. What fades is not found.

    Args:
        threshold: Least score of a cut, in grey levels. None: nothing is a cut.

    Attributes:
        last: (h, w, 3) uint8, the last frame made smaller; None before the first. Together
            with ``size`` all there is to remember.
        size: Height and width of the last frame.

    Raises:
        ConfigError: scenedetect is not installed.
    """

    def __init__(self, threshold: float | None) -> None:
        self.last: NDArray[np.uint8] | None = None
        self.size = (0, 0)
        self._threshold = threshold
        self._restart()

    def is_cut(self, frame: Pyramid) -> bool:
        """Whether a frame is the first of a new shot; the very first one is not.

        A frame of another size than the one before it is.
        """
        if self._threshold is None:
            return False
        small = _small(frame)
        resized = self.last is not None and frame.size != self.size
        if resized:
            self._restart()
        cut = bool(self._detector.process_frame(self._time, small))
        self.last, self.size = small, frame.size
        return cut or resized

    def restore(self, last: NDArray[np.uint8] | None, size: tuple[int, int]) -> None:
        """Goes on after the frame that ``last`` and ``size`` were kept of."""
        self._restart()
        if self._threshold is not None and last is not None:
            self._detector.process_frame(self._time, last)
        self.last, self.size = last, size

    def _restart(self) -> None:
        if self._threshold is None:
            return
        try:
            from scenedetect import ContentDetector, FrameTimecode
        except ImportError as error:
            raise ConfigError("no module scenedetect to find cuts with; run pip install "
                              "'mmfer[faces]', or set cut_threshold=None for videos without "
                              'cuts') from error
        self._detector = ContentDetector(threshold=self._threshold, min_scene_len=0)
        # with no least length of a shot the time is not looked at
        self._time = FrameTimecode(0, fps=1.)


def _small(frame: Pyramid) -> NDArray[np.uint8]:
    small = frame.level(Pyramid.halvings(max(frame.size), _SIDE_PX))
    return cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
