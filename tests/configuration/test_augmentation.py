"""Several views of a clip in the place of one; whole tests of it are in tests/cli/test_test.py."""
import pytest

from mmfer.configuration.augmentation import flipped_too
from mmfer.errors import ConfigError


def test_the_default_needs_a_known_place():
    with pytest.raises(ConfigError, match='set tta_pipeline'):
        flipped_too([dict(type='AllFrames')])
    assert flipped_too([dict(type='AllFrames'), dict(type='FormatFrames')]) == dict(
        type='TestTimeAug', transforms=[
            [dict(type='AllFrames')],
            [dict(type='Flip', flip_ratio=0.), dict(type='Flip', flip_ratio=1.)],
            [dict(type='FormatFrames')]])
