import numpy as np
import pytest

from mmfer.visualization.confusion_matrix import (
    ConfusionPanel,
    draw_confusion_matrices,
    draw_confusion_matrix,
)
from mmfer.visualization.style import save_figure

COUNTS = [[3, 1, 0], [0, 0, 0], [2, 0, 2]]


def test_shows_shares_and_counts(tmp_path):
    figure = draw_confusion_matrix(COUNTS, ['anger', '$x$ 怒', 'fear'], 'title', 'sub\nline',
                                   'WARNING')
    axes = figure.axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[.75, .25, 0], [0, 0, 0], [.5, 0, .5]])
    cells = [text.get_text() for text in axes.texts]
    assert cells == ['0.75\n(3)', '0.25\n(1)', '0', '–', '–', '–', '0.50\n(2)', '0', '0.50\n(2)']
    rows = [label.get_text() for label in axes.get_yticklabels()]
    assert rows == ['anger\nn = 4, recall 0.75', '$x$ \\u6012\nn = 0', 'fear\nn = 4, recall 0.50']
    heads = [text.get_text() for text in figure.texts]
    assert heads == ['title', 'sub', 'line', 'WARNING']
    assert all(path.stat().st_size for path in save_figure(figure, tmp_path / 'c'))


def test_refuses_other_sizes():
    with pytest.raises(ValueError, match='2 classes'):
        draw_confusion_matrix(COUNTS, ['a', 'b'])


def test_side_by_side(tmp_path):
    panels = [ConfusionPanel(COUNTS, 'fan', 'sub'),
              ConfusionPanel(np.eye(3, dtype=int), 'ceflnet', warning='W ' * 60)]
    figure = draw_confusion_matrices(panels, ['anger', 'disgust', 'fear'])
    left, right = (axes for axes in figure.axes if axes.images)
    np.testing.assert_allclose(right.images[0].get_array(), np.eye(3))
    assert [left.get_ylabel(), right.get_ylabel()] == ['true class', '']
    save_figure(figure, tmp_path / 'c')
    size = figure.get_size_inches() * figure.dpi
    extents = [text.get_window_extent() for text in figure.texts]
    middle = (left.get_window_extent().x1 + right.get_window_extent().x0) / 2
    assert all(extent.x1 < middle for extent in extents[:2])
    assert all(middle - 60 < extent.x0 and extent.x1 < size[0] for extent in extents[2:])
    # as large as each other, and as tall as the colour bar
    np.testing.assert_allclose(left.get_window_extent().size, right.get_window_extent().size)
    bar, = right.child_axes
    np.testing.assert_allclose(bar.get_window_extent().height,
                               right.get_window_extent().height, rtol=1e-6)
