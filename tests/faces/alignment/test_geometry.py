from dataclasses import FrozenInstanceError, asdict

import pytest

from mmfer.errors import ConfigError
from mmfer.faces.alignment import KINDS, MARGINS, Geometry


def test_defaults_are_spelt_out():
    assert asdict(Geometry()) == dict(
        kind='similarity', size_px=224, margin=0.0, interpolation='area', border='constant',
        square=True)
    for kind in KINDS:
        assert Geometry(kind).margin == MARGINS[kind]
        assert Geometry(kind) == Geometry(kind, margin=MARGINS[kind])
    assert Geometry('box', margin=1) == Geometry('box', margin=1.0)
    assert Geometry('box', margin=0.25).scale == 1.5
    with pytest.raises(FrozenInstanceError):
        Geometry().size_px = 1


@pytest.mark.parametrize(('values', 'message'), [
    (dict(kind='fan'), 'kind .fan. does not exist; choose one of similarity, chip, eyes, box'),
    (dict(interpolation='cubic'), 'interpolation .cubic.'), (dict(border='black'), 'border'),
    (dict(size_px=0), 'size_px is 0'), (dict(size_px=224.), 'size_px is 224.0'),
    (dict(size_px=True), 'size_px'), (dict(size_px=9000), 'size_px'),
    (dict(margin=-0.5), 'margin is -0.5'), (dict(margin=float('nan')), 'margin'),
    (dict(margin='0.25'), 'margin'), (dict(kind='box', square=1), 'square is 1'),
    (dict(square=False), 'crops of kind similarity are never stretched')])
def test_impossible_values_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        Geometry(**values)


def test_what_kinds_need():
    assert [Geometry(kind).needs_landmarks for kind in KINDS] == [True, True, True, False]
    assert [Geometry(kind).follows_box for kind in KINDS] == [False, False, True, True]
