"""What decides how faces become people."""
from __future__ import annotations

import math
from dataclasses import dataclass

from mmfer.errors import ConfigError

__all__ = ['TrackingSettings']


@dataclass(frozen=True)
class TrackingSettings:
    """Settings of tracking; numbers of frames count the frames that are read.

    Attributes:
        detect_every: The detector looks at every n-th frame of a shot, from its first on, at
            once where a face can no longer be followed, and at the frames after a new face until
            it is confirmed. 1: at every frame.
        longest_gap: Most frames without a face that are bridged by interpolation, as long as the
            same person is seen before and after; 0 bridges none.
        longest_carry: Most frames that a face is followed on without a detector seeing it. At
            least ``detect_every``.
        longest_absence: Most frames after which somebody who comes back within a shot is still
            looked for; who comes back later is somebody new.
        confirm: Detections that make a person. Who has fewer is gone when the detector looks
            again and sees nobody, and is left out by
            :class:`~mmfer.faces.tracking.GapFiller`.
        start_score: Least score, on the detector's own scale, of the detection that a person
            starts with; lower ones only continue people. None: any.
        min_iou: Least overlap (intersection over union) of a detection with where a person's
            face was followed to.
        min_correlation: Least normalised correlation, -1 to 1, of a followed face with its last
            detection, or with what it was followed to before the detector's next look; below, it
            has been lost.
        min_likeness: The same of a face that comes back with that of somebody lost; below, it is
            somebody else's.
        cut_threshold: Least change between frames that is a cut, in grey levels: the content
            score of PySceneDetect. None: the video has no cuts.

    Raises:
        ConfigError: A value is impossible, or two contradict each other.
    """

    detect_every: int = 1
    longest_gap: int = 15
    longest_carry: int = 50
    longest_absence: int = 250
    confirm: int = 2
    start_score: float | None = None
    min_iou: float = .3
    min_correlation: float = .5
    min_likeness: float = .7
    cut_threshold: float | None = 27.

    def __post_init__(self) -> None:
        for name, least in (('detect_every', 1), ('longest_gap', 0), ('confirm', 1),
                            ('longest_carry', self.detect_every), ('longest_absence', 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f'tracking: {name} is {value!r}; give a whole number of at '
                                  f'least {least}')
        self._check_range('min_iou', 0, 1)
        self._check_range('min_correlation', -1, 1)
        self._check_range('min_likeness', -1, 1)
        if self.start_score is not None:
            self._check_range('start_score', -math.inf, math.inf)
        if self.cut_threshold is not None:
            self._check_range('cut_threshold', 0, 255)

    def patience(self, detections: int) -> int:
        """Frames for which somebody with this many detections is remembered after the last one.

        Who has not been confirmed is given no longer than the bridged gap.
        """
        if detections >= self.confirm:
            return self.longest_absence
        return min(self.longest_gap, self.longest_absence)

    def _check_range(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            raise ConfigError(f'tracking: {name} is {value!r}; give a number from {low} to {high}')
