"""Faces on a frame: boxes with ids, and beside the frame what a model says at that moment.

Axes: C classes.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from matplotlib import font_manager
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from mmfer.visualization.style import FONT

__all__ = ['PERSON_COLORS', 'FaceOverlay', 'OverlayFace', 'person_color']

PERSON_COLORS = ('#E69F00', '#56B4E9', '#009E73', '#F0E442', '#CC79A7', '#D55E00', '#0072B2')
"""Told apart by the colour-blind as well (Okabe and Ito, 2008); people take them in turns."""
_BACKGROUND, _TEXT, _DIM, _BAR = '#1b1b1b', '#f2f2f2', '#8c8c8c', '#6f7f8f'
_LEAST_HEIGHT_PX, _MOST_SIDE_PX = 400, 3840
_PANEL_LETTERS, _LINE = 20, 1.35  # of the font's size
_MOST_ATTENTION = 4.


@dataclass(frozen=True)
class OverlayFace:
    """One person on one frame.

    Attributes:
        id: Of the person.
        box: (4,) x0, y0, x1, y1 in pixels of the frame; None where only the crop is known.
        status: How the face was found.
        probabilities: (C,), or None where there is no answer.
        attention: Weight of the frame, 1 if all frames weighed the same; None where the
            method weighs none, or not this frame.
    """

    id: int
    box: NDArray[np.float32] | None
    status: str
    probabilities: NDArray[np.float32] | None = None
    attention: float | None = None


def person_color(person: int) -> str:
    """The colour of a person's box, lines and texts."""
    return PERSON_COLORS[(person - 1) % len(PERSON_COLORS)]


@cache
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(font_manager.findfont(FONT, fallback_to_default=True), size_px)


class FaceOverlay:
    """Draws frames of one video, all of one size.

    A frame lower than 400 px is enlarged by a whole number, so that texts stay readable, as far
    as its longer side stays within 3840 px.

    Args:
        classes: C names.
        shape: (height, width) of the frames.
    """

    def __init__(self, classes: Sequence[str], shape: tuple[int, int]) -> None:
        self.classes = tuple(classes)
        # players and encoders have no use for wider frames
        self.scale = max(1, min(-(-_LEAST_HEIGHT_PX // shape[0]), _MOST_SIDE_PX // max(shape)))
        self.height, self.width = shape[0] * self.scale, shape[1] * self.scale
        self._size = min(max(12, self.height // 40), 28)
        self._panel = _PANEL_LETTERS * self._size
        self._line = round(_LINE * self._size)
        # title, a line for each class, attention, room
        self._block = round((len(self.classes) + 3.5) * self._line)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of what is drawn."""
        return self.height, self.width + self._panel

    def draw(self, image: NDArray[np.uint8], faces: Sequence[OverlayFace],
             time_s: float) -> NDArray[np.uint8]:
        """A frame with boxes, and the panel at its right, (height, width, 3) uint8 RGB.

        Args:
            image: (H, W, 3) uint8 RGB; brought to the size of the others where it differs.
            faces: People; where the panel has no room for all, those with the largest boxes.
            time_s: Shown in the panel.
        """
        canvas = Image.new('RGB', self.shape[::-1], _BACKGROUND)
        enlarged = cv2.resize(image, (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        canvas.paste(Image.fromarray(enlarged), (0, 0))
        pen = ImageDraw.Draw(canvas)
        factor = (self.width / image.shape[1], self.height / image.shape[0])
        for face in faces:
            if face.box is not None:
                self._draw_box(pen, face, np.asarray(face.box) * (factor * 2))
        self._draw_panel(pen, faces, time_s)
        return np.asarray(canvas)

    def _draw_box(self, pen: ImageDraw.ImageDraw, face: OverlayFace,
                  box: NDArray[np.float64]) -> None:
        color, width = person_color(face.id), max(2, self._size // 6)
        x0, y0, x1, y1 = box.tolist()
        right, bottom = min(x1, self.width - 1), min(y1, self.height - 1)
        x0, y0 = max(x0, 0), max(y0, 0)
        if right <= x0 or bottom <= y0:
            return  # all of it lies outside
        pen.rectangle((x0, y0, right, bottom), outline=color, width=width)
        words = f'{face.id}' if face.status == 'found' else f'{face.id} {face.status}'
        font = _font(self._size)
        wide = pen.textlength(words, font=font) + 8
        # above the box, or inside it where there is no room above
        top = y0 - self._line if y0 >= self._line else y0
        left = max(0, min(x0, self.width - wide))
        pen.rectangle((left, top, left + wide, top + self._line), fill=color)
        pen.text((left + 4, top + self._line / 2), words, fill='black', font=font, anchor='lm')

    def _draw_panel(self, pen: ImageDraw.ImageDraw, faces: Sequence[OverlayFace],
                    time_s: float) -> None:
        left, font = self.width + self._size // 2, _font(self._size)
        minutes, seconds = divmod(time_s, 60)
        pen.text((left, self._line), f'{int(minutes)}:{seconds:05.2f}', fill=_DIM, font=font,
                 anchor='lm')
        room = max(1, (self.height - 2 * self._line) // self._block)
        shown = sorted(sorted(faces, key=_area, reverse=True)[:room], key=lambda face: face.id)
        for place, face in enumerate(shown):
            self._draw_person(pen, face, left, 2 * self._line + place * self._block)
        if len(shown) < len(faces):
            pen.text((left + self._panel - self._size, self._line),
                     f'+{len(faces) - len(shown)} more', fill=_DIM, font=font, anchor='rm')

    def _draw_person(self, pen: ImageDraw.ImageDraw, face: OverlayFace, left: int,
                     top: int) -> None:
        font, line, color = _font(self._size), self._line, person_color(face.id)
        scores = face.probabilities
        best = None if scores is None else int(scores.argmax())
        title = 'no answer' if best is None else self.classes[best]
        pen.text((left, top + line / 2), _fitted(pen, f'{face.id}  {title}', font,
                                                 self._panel - self._size),
                 fill=color, font=font, anchor='lm')
        names, bars = round(.5 * self._panel), self._panel - self._size
        for row, name in enumerate(self.classes):
            middle = top + (row + 1.5) * line
            pen.text((left, middle), _fitted(pen, name, font, names - 6),
                     fill=_TEXT if row == best else _DIM, font=font, anchor='lm')
            share = 0. if scores is None else float(scores[row])
            self._draw_bar(pen, left + names, left + bars, middle, share,
                           color if row == best else _BAR)
        middle = top + (len(self.classes) + 1.8) * line
        if face.attention is not None:
            pen.text((left, middle), _fitted(pen, f'attention {face.attention:.1f}×', font,
                                             names - 6), fill=_TEXT, font=font, anchor='lm')
            self._draw_bar(pen, left + names, left + bars, middle,
                           min(face.attention / _MOST_ATTENTION, 1.), '#ffffff')
            even = left + names + (bars - names) / _MOST_ATTENTION
            pen.line((even, middle - line / 2, even, middle + line / 2), fill='#ff6060', width=2)

    def _draw_bar(self, pen: ImageDraw.ImageDraw, left: float, right: float, middle: float,
                  share: float, color: str) -> None:
        half = .32 * self._line
        pen.rectangle((left, middle - half, right, middle + half), fill='#303030')
        if share > 0:
            pen.rectangle((left, middle - half, left + share * (right - left), middle + half),
                          fill=color)


def _area(face: OverlayFace) -> float:
    if face.box is None:
        return 0.
    x0, y0, x1, y1 = np.asarray(face.box, np.float64)
    return float(max(x1 - x0, 0.) * max(y1 - y0, 0.))


def _fitted(pen: ImageDraw.ImageDraw, text: str, font: ImageFont.FreeTypeFont,
            width: float) -> str:
    """The text, cut to a width where it is longer."""
    if pen.textlength(text, font=font) <= width:
        return text
    while text and pen.textlength(text + '…', font=font) > width:
        text = text[:-1]
    return text + '…'
