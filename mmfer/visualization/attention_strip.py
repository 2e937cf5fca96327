"""Frames of clips with their attention weights as bars under them.

After Fig. 2 of Meng et al., "Frame Attention Networks for Facial Expression Recognition in
Videos", ICIP 2019. Weights are read by their stable names, so that every method that weighs
frames gets the figure.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import mmcv
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mmfer.errors import PredictionError
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.structures import FRAME_WEIGHTS, RELATION_WEIGHTS, SELF_WEIGHTS
from mmfer.visualization.style import BLUE, GREEN, GREY, ORANGE, RED, printable, style

_FACE_PX = 160  # longest side of a face in the figure
_COLUMN_IN, _BARS_IN, _TITLE_IN, _GAP_IN = .82, .62, .2, .34
_LEFT_IN, _RIGHT_IN, _TOP_IN = .5, .12, .12
_FEWEST_COLUMNS = 8  # room for titles and legend above short clips
_LETTERS_PER_IN = 15


@dataclass(frozen=True)
class Bars:
    """One set of bars.

    Attributes:
        name: In the legend.
        shares: (T,) share of each frame, summing to 1.
        color: Of the bars.
    """

    name: str
    shares: np.ndarray
    color: str


@dataclass(frozen=True)
class Strip:
    """One clip of the figure.

    Attributes:
        title: Above the frames.
        frames: Images (H, W, 3) uint8 RGB of the T' frames shown.
        shown: (T',) positions of these frames among the T sampled ones, ascending.
        frame_numbers: (T,) 1-based numbers of the sampled frames.
        bars: One or two sets of bars.
        apex: First and last frame number of the apex, where known.
        correct: Whether the prediction is right; a wrong one has a red title.
    """

    title: str
    frames: Sequence[np.ndarray]
    shown: np.ndarray
    frame_numbers: np.ndarray
    bars: Sequence[Bars]
    apex: tuple[int, int] | None = None
    correct: bool = True


def attention_bars(row: ClipPrediction, name: str = '', rival: ClipPrediction | None = None,
                   rival_name: str = '') -> list[Bars]:
    """The bars of a clip: blue for the first attention, orange for the final one.

    With a rival, blue is the rival's final attention (for Fig. 2 of the paper FAN without
    relation attention, whose final weights are its self weights). Without one, blue is the
    method's own self attention where another one refines it.

    Args:
        row: Prediction of the method.
        name: Of the method, in the legend.
        rival: Prediction of another method for the same frames.
        rival_name: Of the rival, in the legend.

    Raises:
        PredictionError: There are no frame weights, or the rival saw other frames.
    """
    final = Bars(f'final weights, {name}' if name else 'final weights', _shares(row), ORANGE)
    if rival is not None:
        if not np.array_equal(rival.frame_numbers, row.frame_numbers):
            raise PredictionError(f'clip {row.clip!r}: the two methods saw other frames; test '
                                  'both with the same sampling')
        return [Bars(f'weights, {rival_name}' if rival_name else 'weights of the rival',
                     _shares(rival), BLUE), final]
    if SELF_WEIGHTS in row.attention and RELATION_WEIGHTS in row.attention:
        return [Bars('self weights', _shares(row, SELF_WEIGHTS), BLUE), final]
    return [final]


def _shares(row: ClipPrediction, name: str = FRAME_WEIGHTS) -> np.ndarray:
    if name not in row.attention:
        known = ', '.join(sorted(row.attention)) or 'no attention at all'
        raise PredictionError(f'clip {row.clip!r}: the predictions hold no {name} (but '
                              f'{known}), so there is nothing to draw under its frames')
    weights = row.attention[name].astype(np.float64)
    return weights / weights.sum()


def choose_shown(shares: np.ndarray, most: int) -> np.ndarray:
    """Positions of the frames to show: all, or evenly spread ones and the heaviest.

    Args:
        shares: (T,) attention.
        most: Number of frames to show at most, at least 2.

    Returns:
        Ascending positions; with the first and the last frame, unless ``most`` is 2 and the
        heaviest takes the place of one of them.
    """
    count = len(shares)
    if count <= most:
        return np.arange(count)
    shown = np.linspace(0, count - 1, most).round().astype(int)
    heaviest = int(np.argmax(shares))
    if heaviest not in shown:
        inner = shown[1:-1] if most > 2 else shown
        nearest = int(inner[np.abs(inner - heaviest).argmin()])
        shown[shown == nearest] = heaviest
    return np.sort(shown)


def strip_title(row: ClipPrediction, classes: Sequence[str]) -> str:
    """``clip: true anger, predicted fear (score 0.62)``."""
    given = int(row.scores.argmax())
    return (f'{row.clip}: true {classes[row.label]}, predicted {classes[given]} '
            f'(score {row.scores[given]:.2f})')


def draw_attention_strips(strips: Sequence[Strip], notes: Sequence[str] = ()) -> Figure:
    """Draws one row per clip: the frames, the bars under them, the frame numbers.

    The dashed line is the share that every frame would have under uniform attention; the
    apex is shaded.

    Args:
        strips: The clips.
        notes: What a reader must know of the predictions, in red at the bottom.
    """
    columns = max(_FEWEST_COLUMNS, *(len(strip.shown) for strip in strips))
    faces = [[_thumbnail(frame) for frame in strip.frames] for strip in strips]
    face_in = [max(face.shape[0] / face.shape[1] for face in row) * _COLUMN_IN * .96
               for row in faces]
    legend_in = .3
    width = _LEFT_IN + columns * _COLUMN_IN + _RIGHT_IN
    height = (_TOP_IN + legend_in + .18 * len(notes)
              + sum(_TITLE_IN + face + _BARS_IN + _GAP_IN for face in face_in))
    with style():
        figure = Figure(figsize=(width, height))
        top = height - _TOP_IN - legend_in
        for strip, images, tall in zip(strips, faces, face_in, strict=True):
            span = len(strip.shown) * _COLUMN_IN
            top -= _TITLE_IN
            figure.text(_LEFT_IN / width, (top + .05) / height, _title(strip, columns * _COLUMN_IN),
                        fontsize=8.5, color='black' if strip.correct else RED)

            def place(bottom: float, tall: float, span: float = span) -> Axes:
                return figure.add_axes((_LEFT_IN / width, bottom / height, span / width,
                                        tall / height))

            _draw_faces(place(top - tall, tall), images)
            _draw_bars(place(top - tall - _BARS_IN - .03, _BARS_IN), strip)
            top -= tall + _BARS_IN + _GAP_IN
        for index, note in enumerate(notes):
            figure.text(_LEFT_IN / width, (.08 + .18 * index) / height, printable(note),
                        color=RED, fontweight='bold')
        _draw_legend(figure, strips, height)
    return figure


def _title(strip: Strip, width_in: float) -> str:
    """Title of a strip; a long clip name loses its beginning, never what follows it."""
    text = strip.title
    if len(strip.shown) < len(strip.frame_numbers):
        text += f'; {len(strip.shown)} of {len(strip.frame_numbers)} frames shown'
    text, most = printable(text), int(width_in * _LETTERS_PER_IN)
    return text if len(text) <= most else '…' + text[len(text) - most + 1:]


def _thumbnail(frame: np.ndarray) -> np.ndarray:
    scale = _FACE_PX / max(frame.shape[:2])
    if scale >= 1:
        return frame
    return mmcv.imrescale(frame, scale, interpolation='area', backend='cv2')


def _draw_faces(axes: Axes, faces: Sequence[np.ndarray]) -> None:
    for column, face in enumerate(faces):
        axes.imshow(face, extent=(column - .48, column + .48, 0, 1), aspect='auto',
                    interpolation='antialiased')
    axes.set_xlim(-.5, len(faces) - .5)
    axes.set_ylim(0, 1)
    axes.axis('off')


def _draw_bars(axes: Axes, strip: Strip) -> None:
    numbers = strip.frame_numbers[strip.shown]
    width = .72 / len(strip.bars)
    for column, number in enumerate(numbers):
        if strip.apex is not None and strip.apex[0] <= number <= strip.apex[1]:
            axes.axvspan(column - .5, column + .5, color=GREEN, linewidth=0, zorder=0)
    for index, bars in enumerate(strip.bars):
        offset = (index - (len(strip.bars) - 1) / 2) * width
        axes.bar(np.arange(len(numbers)) + offset, bars.shares[strip.shown], width * .92,
                 color=bars.color, zorder=2)
    uniform = 1 / len(strip.frame_numbers)
    axes.axhline(uniform, color=GREY, linewidth=.7, linestyle=(0, (4, 3)), zorder=3)
    highest = max(uniform, *(bars.shares[strip.shown].max() for bars in strip.bars))
    axes.set_xlim(-.5, len(numbers) - .5)
    axes.set_ylim(0, highest * 1.12)
    axes.set_yticks([0, highest], ['0', f'{highest:.2f}'], fontsize=6.5)
    axes.set_xticks(range(len(numbers)), [str(number) for number in numbers], fontsize=7)
    axes.tick_params(axis='x', length=0, pad=2)
    axes.tick_params(axis='y', length=2, pad=2)
    axes.set_ylabel('share', fontsize=7, labelpad=1)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)


def _draw_legend(figure: Figure, strips: Sequence[Strip], height: float) -> None:
    entries: dict[str, Artist] = {
        bars.name: Patch(color=bars.color) for strip in strips for bars in strip.bars
    }
    if any(strip.apex is not None for strip in strips):
        entries['apex'] = Patch(color=GREEN)
    entries['uniform attention'] = Line2D([], [], color=GREY, linewidth=.7,
                                          linestyle=(0, (4, 3)))
    figure.legend(list(entries.values()), [printable(name) for name in entries],
                  loc='upper left', ncols=len(entries), frameon=False, fontsize=8,
                  bbox_to_anchor=(_LEFT_IN / figure.get_figwidth(), 1 - .06 / height),
                  borderpad=0, borderaxespad=0, handlelength=1.2, columnspacing=1.4)
