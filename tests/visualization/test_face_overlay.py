"""Boxes and bars, by their pixels."""
import numpy as np
import pytest
from PIL import ImageColor

from mmfer.visualization.face_overlay import (
    PERSON_COLORS,
    FaceOverlay,
    OverlayFace,
    person_color,
)

CLASSES = ('anger', 'Überraschung', 'a name that is much too long for the room there is')
FRAME = np.full((400, 600, 3), 90, np.uint8)


def near(drawn, color):
    """(H, W) bool, where pixels have a colour."""
    return np.abs(drawn.astype(int) - ImageColor.getrgb(color)).max(-1) < 12


def face(person=1, box=(100, 120, 300, 320), **fields):
    box = None if box is None else np.array(box, np.float32)
    return OverlayFace(person, box, **{'status': 'found', **fields})


def test_boxes_have_the_colour_of_their_person():
    overlay = FaceOverlay(CLASSES, (400, 600))
    drawn = overlay.draw(FRAME, [face(1), face(2, (350, 50, 500, 200))], 0.)
    assert drawn.shape == (*overlay.shape, 3) and drawn.dtype == np.uint8
    for person, (x0, y0, x1, y1) in ((1, (100, 120, 300, 320)), (2, (350, 50, 500, 200))):
        rows, columns = np.nonzero(near(drawn[:, :600], person_color(person)))
        assert (columns.min(), columns.max(), rows.max()) == (x0, x1, y1)
        assert y0 - 30 < rows.min() < y0  # the id stands above
        assert near(drawn, person_color(person))[y0:y1, x0].all()
    assert (drawn[200, 200] == 90).all()  # the face itself is left alone


def test_bars_are_as_long_as_probabilities():
    overlay = FaceOverlay(CLASSES, (400, 600))
    lengths = []
    for share in (.25, .5, 1.):
        scores = np.array([share, 0., 0.], np.float32)
        panel = near(overlay.draw(FRAME, [face(probabilities=scores)], 0.)[:, 600:],
                     person_color(1))
        lengths.append(panel.sum(1).max())  # the longest row: that of the bar
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=3)
    assert lengths[2] == pytest.approx(4 * lengths[0], abs=4)


def test_attention_is_drawn_where_there_is_one():
    overlay = FaceOverlay(CLASSES, (400, 600))
    scores = np.array([.2, .7, .1], np.float32)
    without, even, much = (
        near(overlay.draw(FRAME, [face(probabilities=scores, attention=value)], 0.)[:, 600:],
             '#ffffff').sum() for value in (None, 1., 3.))
    assert without < even < much


def test_no_answer_and_unknown_places():
    overlay = FaceOverlay(CLASSES, (400, 600))
    silent = overlay.draw(FRAME, [face(box=None, status='absent')], 61.5)
    assert (silent[:, :600] == 90).all()
    outside = overlay.draw(FRAME, [face(box=(-90, -90, -10, -10)), face(2, (590, 10, 900, 60))], 0.)
    assert near(outside[:, :600], person_color(2)).any()
    assert not near(outside[:, :600], person_color(1)).any()


def test_small_frames_are_enlarged_and_others_brought_to_size():
    overlay = FaceOverlay(CLASSES, (150, 100))
    assert overlay.scale == 3 and overlay.shape[0] == 450
    drawn = overlay.draw(np.full((150, 100, 3), 90, np.uint8), [face(1, (20, 40, 60, 90))], 0.)
    columns = np.nonzero(near(drawn[:, :300], person_color(1)))[1]
    assert (columns.min(), columns.max()) == (60, 180)
    other = overlay.draw(np.full((300, 200, 3), 90, np.uint8), [face(1, (40, 80, 120, 180))], 0.)
    assert (other == drawn).all()


@pytest.mark.parametrize(('shape', 'scale'), [
    ((16, 1024), 3), ((1, 3840), 1), ((1, 5000), 1), ((16, 16), 25), ((1024, 16), 1),
    ((400, 3000), 1), ((399, 1920), 2), ((399, 1921), 1)])
def test_frames_are_not_enlarged_beyond_what_can_be_shown(shape, scale):
    overlay = FaceOverlay(CLASSES, shape)
    assert overlay.scale == scale
    assert (overlay.height, overlay.width) == (shape[0] * scale, shape[1] * scale)
    scores = np.array([.2, .7, .1], np.float32)
    drawn = overlay.draw(np.full((*shape, 3), 90, np.uint8),
                         [face(1, (0, 0, 5, 5), probabilities=scores)], 0.)
    assert drawn.shape == (*overlay.shape, 3)


def test_the_largest_faces_have_the_room():
    overlay = FaceOverlay(CLASSES * 4, (400, 600))
    scores = np.full(12, 1 / 12, np.float32)
    faces = [face(1, (0, 50, 20, 70), probabilities=scores),
             face(2, (100, 50, 400, 350), probabilities=scores)]
    panel = overlay.draw(FRAME, faces, 0.)[:, 600:]
    assert near(panel, person_color(2)).any() and not near(panel, person_color(1)).any()


def test_people_take_colours_in_turns():
    assert person_color(1) == PERSON_COLORS[0]
    assert person_color(len(PERSON_COLORS) + 1) == PERSON_COLORS[0]
