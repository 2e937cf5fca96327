import pytest

from mmfer.visualization.reliability import ReliabilityPanel, draw_reliability
from mmfer.visualization.style import save_figure

BINS = [
    {'low': 0., 'high': .25, 'count': 0, 'confidence': None, 'accuracy': None},
    {'low': .25, 'high': .5, 'count': 4, 'confidence': .4, 'accuracy': .75},
    {'low': .5, 'high': 1., 'count': 12, 'confidence': .9, 'accuracy': .5},
]


def test_bars_of_accuracy_confidence_and_counts(tmp_path):
    figure = draw_reliability([ReliabilityPanel(BINS, 'fan', 'ECE', 'WARNING')])
    counts, shares = figure.axes
    bars = [(bar.get_x(), bar.get_width(), bar.get_y(), bar.get_height())
            for bar in shares.patches]
    assert bars == [  # to the lower of both, then the distance
        pytest.approx((.25, .25, 0, .4)), pytest.approx((.5, .5, 0, .5)),
        pytest.approx((.25, .25, .4, .35)), pytest.approx((.5, .5, .5, .4))]
    confidence, accuracy = shares.collections
    heights = [[segment[0, 1] for segment in lines.get_segments()]
               for lines in (confidence, accuracy)]
    assert heights == [[.4, .9], [.75, .5]]
    assert [text.get_text() for text in counts.texts] == ['4', '12']
    assert [bar.get_height() for bar in counts.patches] == [4, 12]
    assert [text.get_text() for text in figure.texts] == ['fan', 'ECE', 'WARNING']
    first = [path.read_bytes() for path in save_figure(figure, tmp_path / 'a')]
    again = draw_reliability([ReliabilityPanel(BINS, 'fan', 'ECE', 'WARNING')])
    assert [path.read_bytes() for path in save_figure(again, tmp_path / 'b')] == first


def test_side_by_side():
    panels = [ReliabilityPanel(BINS, 'fan'), ReliabilityPanel(BINS, 'other', 'x ' * 120)]
    figure = draw_reliability(panels)
    assert [axes.get_ylabel() for axes in figure.axes] == [
        'answers', 'accuracy: share of right answers', '', '']
    boxes = [axes.get_position() for axes in figure.axes]
    assert boxes[0].width == pytest.approx(boxes[2].width) and boxes[1].x1 < boxes[3].x0
    middle, width = figure.get_size_inches()[0] * figure.dpi / 2, figure.bbox.x1
    wrapped = [text for text in figure.texts if text.get_text().startswith('x')]
    assert len(wrapped) > 2
    for text in wrapped:
        extent = text.get_window_extent()
        assert middle < extent.x0 and extent.x1 < width


def test_counts_of_narrow_bins_do_not_collide():
    narrow = [{'low': .9 + i / 400, 'high': .9 + (i + 1) / 400, 'count': 12_345,
               'confidence': .95, 'accuracy': .9} for i in range(40)]
    counts = draw_reliability([ReliabilityPanel([*BINS, *narrow])]).axes[0]
    assert [text.get_text() for text in counts.texts] == ['4', '12']
    assert counts.get_yticks().tolist() == [0, 12_345]


def test_equal_confidences_are_seen():
    alone = [{'low': .5, 'high': .5, 'count': 3, 'confidence': .5, 'accuracy': 1.}]
    shares = draw_reliability([ReliabilityPanel(alone)]).axes[1]
    assert all(bar.get_width() > 0 for bar in shares.patches)
