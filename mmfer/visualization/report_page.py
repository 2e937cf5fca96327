"""One page about the people of a video, in one file that needs nothing else.

Pictures lie in the page itself, there is no script, and every name is escaped.
"""
from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mmfer.visualization.report_template import TEMPLATE
from mmfer.visualization.style import style

__all__ = ['DecidingFrame', 'PersonSection', 'ReportPage', 'data_uri_of_figure',
           'data_uri_of_image', 'render_report']

_DPI, _JPEG_QUALITY = 130, 88


@dataclass(frozen=True)
class DecidingFrame:
    """One picture of a row.

    Attributes:
        images: Data URIs of the crop and, below it, of the crop under each spatial map.
        lines: Texts under them.
    """

    images: Sequence[str]
    lines: Sequence[str]


@dataclass(frozen=True)
class PersonSection:
    """What the page says of a person.

    Attributes:
        title: Such as ``Person 1``.
        color: Of the person's box in the video.
        label: The answer, or None.
        scores: (class, probability) of the answer, in the order of the classes.
        facts: (what, value).
        chart: Data URI of the timeline, or None.
        frames_title: What the frames below are.
        frames: The frames that decided.
    """

    title: str
    color: str
    label: str | None
    scores: Sequence[tuple[str, float]]
    facts: Sequence[tuple[str, str]]
    chart: str | None = None
    frames_title: str = ''
    frames: Sequence[DecidingFrame] = ()


@dataclass(frozen=True)
class ReportPage:
    """The whole page.

    Attributes:
        title: Name of the video.
        facts: (what, value) of video and model.
        people: Sections.
        video: Name of the annotated video beside the page, or None.
        notes: What a reader must know.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    people: Sequence[PersonSection]
    video: str | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def render_report(page: ReportPage) -> str:
    """The page as HTML; whatever names hold, they are shown as text."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                              lstrip_blocks=True)
    return environment.from_string(TEMPLATE).render(page=page)


def data_uri_of_image(image: NDArray[np.uint8], side_px: int = 160) -> str:
    """An image (H, W, 3) uint8 RGB as a JPEG within a page, made smaller to a longest side."""
    factor = side_px / max(image.shape[:2])
    if factor < 1:
        size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    _, encoded = cv2.imencode('.jpg', image[..., ::-1],
                              [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return _data_uri('image/jpeg', encoded.tobytes())


def data_uri_of_figure(figure: Figure) -> str:
    """A figure as a PNG within a page."""
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format='png', dpi=_DPI, metadata={'Software': None})
    return _data_uri('image/png', buffer.getvalue())


def _data_uri(kind: str, content: bytes) -> str:
    return f'data:{kind};base64,{base64.b64encode(content).decode()}'
