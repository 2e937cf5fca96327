import numpy as np

from mmfer.visualization.faithfulness_curves import draw_faithfulness

CURVES = {'deletion': [.9, .3, .1], 'insertion': [.1, .8, .9], 'uniform_deletion': [.9, .6, .1],
          'uniform_insertion': [.1, .5, .9], 'random': [.9, .7, .1]}


def test_panels():
    figure = draw_faithfulness({'frames': CURVES, 'regions': CURVES}, 'method')
    assert len(figure.axes) == 4
    deletion, insertion = figure.axes[:2]
    lines = {line.get_label(): line for line in insertion.lines}
    np.testing.assert_allclose(lines['attention'].get_xdata(), [0, 50, 100])
    assert list(lines['attention'].get_ydata()) == [.1, .8, .9]
    assert list(lines['random'].get_ydata()) == [.1, .7, .9]  # brought back: from the right
    assert list(deletion.lines[2].get_ydata()) == [.9, .7, .1]
    assert deletion.get_xlabel() == 'share of the frames taken away (%)'
    assert figure.axes[3].get_xlabel() == 'share of the regions brought back (%)'
    bottoms = [axes.get_position() for axes in figure.axes]
    assert bottoms[0].y0 > bottoms[2].y1 and bottoms[0].x1 < bottoms[1].x0 < 1
