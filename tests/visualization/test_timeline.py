"""Lines over time."""
import numpy as np

from mmfer.visualization.timeline import STATUS_COLORS, TimelineChart, draw_timeline

TIMES_S = np.arange(20) / 10
STATUSES = ['found'] * 8 + ['absent'] * 6 + ['tracked'] * 6


def chart(**fields):
    scores = np.array([[.2, .8], [np.nan, np.nan], [.6, .4]], np.float32)
    return TimelineChart(**{**dict(
        classes=('anger', 'joy'), time_s=np.array([.3, 1., 1.6]), probabilities=scores,
        frame_times_s=TIMES_S, statuses=STATUSES), **fields})


def test_a_line_for_each_class_that_breaks():
    plot, status = draw_timeline(chart()).axes
    lines = {line.get_label(): line.get_ydata() for line in plot.get_lines()}
    np.testing.assert_allclose(lines['anger'], [.2, np.nan, .6], rtol=1e-6)
    np.testing.assert_allclose(lines['joy'], [.8, np.nan, .4], rtol=1e-6)
    assert [text.get_text() for text in status.get_legend().get_texts()] == [
        'found', 'absent', 'tracked']
    spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in status.patches]
    np.testing.assert_allclose(spans, [(0, .8), (.8, 1.4), (1.4, 2.)])
    assert plot.get_xlim() == status.get_xlim()


def test_attention_and_marks():
    attention = np.where(np.arange(20) < 5, 1.5, np.nan)
    attention[8] = 2.5  # alone, and still to be seen
    plot, middle, _ = draw_timeline(chart(attention=attention, marked_s=[.1, .4])).axes
    assert middle.get_ylabel() == 'attention'
    (steps, ) = middle.patches
    corners = steps.get_path().vertices
    for left, right, height in ((0., .5, 1.5), (.8, .9, 2.5)):
        at_height = corners[corners[:, 1] == height, 0]
        np.testing.assert_allclose([at_height.min(), at_height.max()], [left, right])
    assert middle.get_ylim()[1] > 2.5
    marks = [line for line in plot.get_lines() if line.get_marker() == 'v']
    assert list(marks[0].get_xdata()) == [.1, .4]


def test_one_frame_and_nothing_known():
    figure = draw_timeline(chart(
        time_s=np.zeros(1), probabilities=np.full((1, 2), np.nan), frame_times_s=np.zeros(1),
        statuses=['found'], attention=np.full(1, np.nan)))
    figure.canvas.draw()
    assert len(figure.axes) == 3


def test_every_status_has_a_colour():
    from typing import get_args

    from mmfer.faces.structures import Status
    assert set(STATUS_COLORS) == set(get_args(Status))
