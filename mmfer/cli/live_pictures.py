"""Frames of live video with what is known of the people on them."""
from __future__ import annotations

from collections.abc import Sequence

import cv2

from mmfer.apis.curves import relative_attention
from mmfer.apis.live import LiveFrame
from mmfer.faces.structures import TrackedFace
from mmfer.visualization.face_overlay import FaceOverlay, OverlayFace

__all__ = ['LivePictures', 'attention_of']

_JPEG_QUALITY, _TEXT_PX = 80, 26


class LivePictures:
    """Frames with boxes, ids and bars, as JPEG.

    Args:
        classes: Names of the classes.
    """

    def __init__(self, classes: Sequence[str]) -> None:
        self._classes = classes
        self._overlay: FaceOverlay | None = None
        self._shape: tuple[int, ...] = ()

    def of(self, live: LiveFrame, text: str) -> bytes:
        """A frame and what is known of the people on it, with a line of text below."""
        image = live.faces.frame.image
        if self._overlay is None or self._shape != image.shape:
            self._overlay = FaceOverlay(self._classes, image.shape[:2])
            self._shape = image.shape
        drawn = self._overlay.draw(image, [self._face(live, face) for face in live.faces.faces],
                                   live.faces.frame.time_s)
        drawn = cv2.copyMakeBorder(drawn, 0, _TEXT_PX, 0, 0, cv2.BORDER_CONSTANT)
        cv2.putText(drawn, text, (8, len(drawn) - 8), cv2.FONT_HERSHEY_SIMPLEX, .45,
                    (220, 220, 220), 1, cv2.LINE_AA)
        return cv2.imencode('.jpg', cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR),
                            [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1].tobytes()

    @staticmethod
    def _face(live: LiveFrame, face: TrackedFace) -> OverlayFace:
        answer = live.newest.get(face.id)
        return OverlayFace(face.id, face.box, face.status,
                           None if answer is None else answer.now, attention_of(live, face.id))


def attention_of(live: LiveFrame, person: int) -> float | None:
    """Weight of the newest sampled frame in the newest answer, 1 if all weighed the same.

    None where there is no answer, or the method weighs no frames.
    """
    answer = live.newest.get(person)
    found = None if answer is None else relative_attention(answer.window)
    return None if found is None else float(found[1][-1])
