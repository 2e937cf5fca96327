import numpy as np
import pytest

from mmfer.visualization.confusion_matrix import draw_confusion_matrix
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
