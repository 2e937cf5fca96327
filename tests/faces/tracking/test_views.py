import numpy as np
import pytest

from mmfer.faces.tracking import views
from mmfer.faces.tracking.pyramid import Pyramid
from mmfer.faces.tracking.views import PORTRAIT_PX, VIEW_PX, correlation


def view_of(image, box):
    return views.view_of(Pyramid(image), box)


def picture(height=200, width=260, seed=0):
    """A smooth picture, so that resizing changes little."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    image = np.zeros((height, width, 3))
    for _ in range(12):
        fx, fy, phase = *rng.uniform(.02, .12, 2), rng.uniform(0, 6)
        image += 18 * np.sin(fx * x + fy * y + phase)[..., None] * rng.uniform(.5, 1, 3)
    return np.clip(image + 128, 0, 255).astype(np.uint8)


@pytest.mark.parametrize('box', [(60, 50, 110, 100), (31, 21, 200, 160), (100, 80, 117, 101)])
def test_points_fall_where_the_picture_shows_them(box):
    image = np.zeros((220, 260, 3), np.uint8)
    place = np.array([[(box[0] + box[2]) // 2 + 3, (box[1] + box[3]) // 2 - 2]])
    image[place[0, 1] - 1:place[0, 1] + 2, place[0, 0] - 1:place[0, 0] + 2] = 255
    view = view_of(image, np.array(box, np.float32))
    y, x = np.mgrid[:VIEW_PX, :VIEW_PX]
    weight = view.image.astype(float)
    centroid = [(weight * axis).sum() / weight.sum() for axis in (x, y)]
    np.testing.assert_allclose(view.inside(place)[0], centroid, atol=.3)
    np.testing.assert_allclose(view.outside(view.inside(place)), place, atol=1e-3)


def test_a_face_spans_the_middle_half():
    view = view_of(picture(), np.array([60, 40, 140, 120], np.float32))
    corners = view.inside(np.array([[59.5, 39.5], [139.5, 119.5]]))
    quarter = VIEW_PX / 4
    np.testing.assert_allclose(corners, [[quarter - .5] * 2, [3 * quarter - .5] * 2], atol=.5)


def test_beyond_the_frame_the_edge_is_repeated():
    image = picture()
    view = view_of(image, np.array([-20, -20, 20, 20], np.float32))
    assert view.image.shape == (VIEW_PX, VIEW_PX)
    grey = image[0, 0] @ [.299, .587, .114]
    beyond = VIEW_PX * 40 // 80 - 2  # pixels of the view for the 40 of its 80 that lie outside
    np.testing.assert_allclose(view.image[:beyond, :beyond], grey, atol=3)


@pytest.mark.parametrize('box', [
    (-900, -900, -800, -800), (5000, 10, 5100, 110), (10, 5000, 110, 5100), (50, 50, 50.2, 50.1),
    (-1e6, -1e6, 1e6, 1e6), (0, -1e5, 10, 1e5)])
def test_any_box_has_a_view(box):
    view = view_of(picture(), np.array(box, np.float32))
    assert view.image.shape == (VIEW_PX, VIEW_PX) and view.portrait().shape == (32, 32)


def test_again_is_the_same_region_of_another_frame():
    first, second = picture(seed=1), picture(seed=2)
    box = np.array([60, 40, 140, 120], np.float32)
    np.testing.assert_array_equal(view_of(first, box).again(Pyramid(second)).image,
                                  view_of(second, box).image)


def test_correlation_is_pearsons_at_the_best_place():
    image, template = picture(seed=3)[:40, :44, 0], picture(seed=4)[:32, :32, 1]
    every = [np.corrcoef(image[y:y + 32, x:x + 32].ravel(), template.ravel())[0, 1]
             for y in range(9) for x in range(13)]
    assert correlation(image, template) == pytest.approx(max(every), abs=1e-4)


def test_a_flat_picture_is_like_nothing():
    assert correlation(np.full((40, 40), 90, np.uint8), picture()[:32, :32, 0]) == 0


def test_likeness_takes_a_box_that_is_a_little_off():
    image, box = picture(seed=5), np.array([60, 40, 140, 120], np.float32)
    portrait = view_of(image, box).portrait()
    assert portrait.shape == (PORTRAIT_PX, PORTRAIT_PX)
    assert view_of(image, box).likeness(portrait) > .99
    assert view_of(image, box + 6).likeness(portrait) > .97
    assert view_of(picture(seed=6), box).likeness(portrait) < .6


@pytest.mark.parametrize('growth', [1 / 1.2, 1.2])
def test_likeness_at_any_size_takes_boxes_of_another_step(growth):
    image, box = picture(seed=5), np.array([60, 40, 140, 120], np.float32)
    half = 40 * growth
    other = view_of(image, np.array([100 - half, 80 - half, 100 + half, 80 + half], np.float32))
    portrait = view_of(image, box).portrait()
    assert other.likeness(portrait, any_size=True) > max(.97, other.likeness(portrait) + .02)
