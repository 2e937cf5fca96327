"""Frames in memory in the place of files."""
import copy

import numpy as np
import pytest

from mmfer.datasets.memory_frames import MemoryFrames
from mmfer.datasets.transforms import LoadFrames
from mmfer.errors import MediaError

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 6, 5, 3), dtype=np.uint8)


def sample(**fields):
    return dict(memory_frames=MemoryFrames(IMAGES, [1, 4, 9]), start_index=0,
                frame_inds=np.array([8, 0, 8]), **fields)


def test_frames_are_found_by_number():
    frames = MemoryFrames(list(IMAGES), [1, 4, 9])
    assert len(frames) == 3 and frames.numbers.tolist() == [1, 4, 9]
    assert np.array_equal(frames[3], IMAGES[1])
    assert np.array_equal(np.stack(list(frames)), IMAGES)
    assert copy.deepcopy(dict(frames=frames))['frames'] is frames


def test_they_load_like_files():
    results = LoadFrames()(sample())
    shown = [results['imgs'][row] for row in results['frame_gather']]
    assert np.array_equal(shown, IMAGES[[2, 0, 2]])
    assert results['original_shape'] == (6, 5)


@pytest.mark.parametrize('size', [None, (5, 6)])
def test_what_follows_cannot_change_them(size):
    before = IMAGES.copy()
    for image in LoadFrames(size=size)(sample())['imgs']:
        image[:] = 0
    assert np.array_equal(IMAGES, before)


@pytest.mark.parametrize(('images', 'numbers', 'words'), [
    ([], None, 'no frame'),
    ([np.zeros((4, 4), np.uint8)], None, r'frame 1 .*\(4, 4\)'),
    ([np.zeros((4, 4, 3), np.float32)], None, 'float32'),
    ([np.zeros((0, 4, 3), np.uint8)], None, r'\(0, 4, 3\)'),
    (IMAGES, [1, 2], 'ascending'),
    (IMAGES, [0, 1, 2], 'ascending'),
    (IMAGES, [1, 1, 2], 'ascending'),
])
def test_what_are_no_frames_is_refused(images, numbers, words):
    with pytest.raises(MediaError, match=words):
        MemoryFrames(images, numbers)
