import numpy as np
import pytest

from mmfer.synthetic import Identity
from mmfer.synthetic.hair import add_beard, hair_masks, strands
from mmfer.synthetic.identity import HAIR_STYLES
from mmfer.synthetic.surface import EXTENT, Canvas, face_outline

FACE = Identity()
GRID = Canvas.of(160)
MASKS = {style: hair_masks(Identity(hair_style=style), GRID) for style in HAIR_STYLES}


def at(layer, x, y):
    """The layer's value at a canonical point."""
    return layer[int((y + EXTENT) * GRID.per_unit), int((x + EXTENT) * GRID.per_unit)]


@pytest.mark.parametrize('style', HAIR_STYLES)
def test_masks_are_shares_and_leave_the_features_free(style):
    for mask in (MASKS[style].back, MASKS[style].front):
        assert mask.shape == (160, 160)
        assert mask.min() >= 0 and mask.max() <= 1 + 1e-6
    front = MASKS[style].front
    brow = FACE.eye_y - FACE.brow_height
    for x, y in ((FACE.eye_spacing, brow), (FACE.eye_spacing, FACE.eye_y), (0, FACE.nose_y),
                 (FACE.mouth_width, FACE.mouth_y), (0, FACE.chin_y)):
        assert at(front, x, y) == at(front, -x, y) == pytest.approx(0, abs=.01)


@pytest.mark.parametrize('style', [s for s in HAIR_STYLES if s != 'bald'])
def test_hair_covers_the_crown(style):
    assert at(MASKS[style].front, 0, -.85) > .9


def test_bald_has_none():
    assert not MASKS['bald'].front.any()
    assert not MASKS['bald'].back.any()


def test_styles_differ_in_length():
    # beside the neck, and just above the shoulders
    assert [at(MASKS[style].back, .5, .45) > .5 for style in ('short', 'bob', 'long')] == [
        False, True, True]
    assert [at(MASKS[style].back, .5, .85) > .5 for style in ('short', 'bob', 'long')] == [
        False, False, True]
    assert at(MASKS['updo'].back, 0, -1.1) > .5
    assert at(MASKS['fringe'].front, 0, -.5) > at(MASKS['side'].front, 0, -.5)


def test_strands_have_the_hairs_colour():
    fair, dark = (strands(Identity(hair=hair), GRID, np.random.default_rng(0))
                  for hair in ((206., 172., 118.), (28., 24., 24.)))
    assert fair.shape == dark.shape == (160, 160, 3)
    red, green, blue = fair.mean((0, 1))
    assert red > green > blue
    assert fair.mean() > 3 * dark.mean()
    assert fair.std() > 5  # streaked, not flat


@pytest.mark.parametrize(('beard', 'chin', 'lip', 'cheekbone'), [
    ('none', False, False, False), ('moustache', False, True, False),
    ('full', True, True, False), ('stubble', True, True, False)])
def test_beard_grows_where_it_should(beard, chin, lip, cheekbone):
    identity = Identity(beard=beard)
    skin = np.full((160, 160, 3), 200, np.float32)
    bearded = add_beard(skin.copy(), identity, GRID, GRID.polygon(face_outline(identity)),
                        np.random.default_rng(0))
    darker = GRID.blur((skin - bearded).mean(2), .02)
    for grows, x, y in ((chin, 0, FACE.chin_y - .06), (lip, 0, FACE.mouth_y - .085),
                        (cheekbone, .3, 0.), (False, 0, -.5), (False, .9, .5)):
        assert (at(darker, x, y) > 5) == grows, (x, y)


def test_stubble_is_fainter_than_a_beard():
    skin = np.full((160, 160, 3), 200, np.float32)
    face = GRID.polygon(face_outline(FACE))
    means = [add_beard(skin.copy(), Identity(beard=beard), GRID, face,
                       np.random.default_rng(0)).mean() for beard in ('none', 'stubble', 'full')]
    assert means == sorted(means, reverse=True)
    assert len(set(means)) == 3
