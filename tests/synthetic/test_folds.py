import numpy as np
import pytest

from mmfer.synthetic import Identity
from mmfer.synthetic.action_units import WRINKLES
from mmfer.synthetic.folds import fold_layers
from mmfer.synthetic.surface import Canvas

FACE = Identity()
GRID = Canvas.of(160)
BARE = np.ones((160, 160), np.float32)


@pytest.fixture(scope='module')
def folds():
    return fold_layers(FACE, GRID, BARE)


def whole(fold):
    """The fold's change on the whole layer."""
    layer = np.zeros_like(BARE)
    layer[fold.rows, fold.columns] = fold.change
    return layer


def test_every_wrinkle_on_both_sides(folds):
    assert set(folds) == {(side, name) for side in (0, 1) for name in WRINKLES}
    for fold in folds.values():
        assert fold.change.shape == (fold.rows.stop - fold.rows.start,
                                     fold.columns.stop - fold.columns.start)
        assert fold.change.dtype == np.float32


@pytest.mark.parametrize('name', WRINKLES)
def test_groove_darkens_more_than_its_bulge_lights_up(folds, name):
    change = whole(folds[1, name])
    assert -1 < change.min() < -.05
    assert 0 < change.max() < -change.min()


@pytest.mark.parametrize(('name', 'x', 'y'), [
    ('forehead_mid', .1, FACE.eye_y - FACE.brow_height - .15),
    ('glabella', .04, FACE.eye_y - FACE.brow_height + .03),
    ('crow', FACE.eye_spacing + FACE.eye_width + .05, FACE.eye_y),
    ('under_eye', FACE.eye_spacing, FACE.eye_y + .07),
    ('dimple', FACE.mouth_width + .04, FACE.mouth_y),
    ('chin', .06, FACE.mouth_y + .14)])
def test_fold_darkens_its_place_only(folds, name, x, y):
    dark = whole(folds[1, name]) < -.03
    distance = np.hypot(GRID.x - x, GRID.y - y)
    assert dark.any()
    assert distance[dark].min() < .04
    assert distance[dark].max() < .25


@pytest.mark.parametrize('name', WRINKLES)
def test_sides_mirror_each_other(folds, name):
    right, left = whole(folds[0, name]), whole(folds[1, name])[:, ::-1]
    # lines are drawn to a sixteenth of a pixel
    assert np.abs(right - left).max() < .2 * np.abs(left).max()
    assert np.abs(right - left).mean() < .05 * np.abs(left[left != 0]).mean()


def test_depth_is_the_skins(folds):
    deeper = fold_layers(Identity(wrinkle=1.5), GRID, BARE)
    np.testing.assert_allclose(deeper[0, 'nose'].change, 1.5 * folds[0, 'nose'].change, atol=1e-6)


def test_hair_covers_folds():
    bare = BARE.copy()
    bare[:80] = 0
    covered = fold_layers(FACE, GRID, bare)
    assert not covered[0, 'forehead_mid'].change.any()
    assert covered[0, 'chin'].change.any()
