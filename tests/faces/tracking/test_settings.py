import dataclasses
import math

import pytest

from mmfer.errors import ConfigError
from mmfer.faces.tracking import TrackingSettings


@pytest.mark.parametrize('field, value', [
    ('detect_every', 0), ('detect_every', 2.), ('detect_every', True), ('longest_gap', -1),
    ('longest_absence', -1), ('longest_absence', '9'), ('confirm', 0), ('start_score', math.nan),
    ('start_score', '1'), ('min_iou', 1.1), ('min_iou', True), ('min_correlation', -1.1),
    ('min_likeness', math.nan), ('cut_threshold', -1), ('cut_threshold', 256)])
def test_impossible_values_are_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f'tracking: {field} is'):
        TrackingSettings(**{field: value})


def test_faces_are_followed_at_least_until_the_detector_looks_again():
    with pytest.raises(ConfigError, match='longest_carry is 4; give a whole number of at least 5'):
        TrackingSettings(detect_every=5, longest_carry=4)
    assert TrackingSettings(detect_every=5, longest_carry=5).longest_carry == 5


def test_values_at_the_edge_are_taken():
    TrackingSettings(longest_gap=0, longest_absence=0, confirm=1, min_iou=0, min_correlation=-1,
                     min_likeness=1, cut_threshold=0, start_score=-3)
    TrackingSettings(cut_threshold=None, start_score=None)


def test_settings_do_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrackingSettings().confirm = 3


def test_patience_of_the_confirmed_is_longer():
    settings = TrackingSettings(confirm=3, longest_gap=7, longest_absence=40)
    assert [settings.patience(number) for number in (1, 2, 3, 9)] == [7, 7, 40, 40]
    assert TrackingSettings(longest_gap=7, longest_absence=5).patience(1) == 5
