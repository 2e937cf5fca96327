from matplotlib.figure import Figure

from mmfer.visualization.heads import LINE_IN, draw_head, head_lines, heads_height


def test_lines_are_broken_to_the_width():
    lines = head_lines('title', 'one\ntwo ' + 'x ' * 40, '', 2.)
    texts = [text for text, _ in lines]
    assert texts[:2] == ['title', 'one'] and texts[2].startswith('two x') and len(texts) == 6
    assert all(len(text) <= 24 for text in texts)
    assert lines[0][1]['fontweight'] == 'bold' and 'fontweight' not in lines[1][1]
    assert heads_height([lines, lines[:1]]) > 6 * LINE_IN


def test_lines_run_down_and_stay_printable():
    figure = Figure(figsize=(4, 3))
    draw_head(figure, head_lines('怒', 'b', 'c', 3.), .25)
    assert [text.get_text() for text in figure.texts] == ['\\u6012', 'b', 'c']
    heights = [text.get_position()[1] for text in figure.texts]
    assert heights == sorted(heights, reverse=True) and 0 < heights[-1] < 1
    assert {text.get_position()[0] for text in figure.texts} == {.25}
