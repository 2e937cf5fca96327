import numpy as np
import pytest

from mmfer.errors import MediaError
from mmfer.faces.frames import open_frames

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), dtype=np.uint8)


@pytest.mark.parametrize('kind', [np.array, list, tuple])
def test_sequences(kind):
    source = open_frames(kind(IMAGES), name='live', rate_hz=10.)
    assert source.count == 6 and source.rate_hz == 10 and source.name == 'live'
    frames = list(source)
    assert [frame.number for frame in frames] == [1, 2, 3, 4, 5, 6]
    assert np.array_equal([frame.image for frame in frames], IMAGES)
    assert np.allclose([frame.time_s for frame in frames], np.arange(6) / 10)
    source.seek(5)
    assert [frame.number for frame in source] == [5, 6]


def test_iterables_are_taken_one_by_one():
    taken = []

    def images():
        for index, image in enumerate(IMAGES):
            taken.append(index)
            yield image[:index + 1]

    source = open_frames(images())
    assert source.count is None
    assert next(source).number == 1 and taken == [0]
    assert next(source).image.shape == (2, 4, 3) and taken == [0, 1]
    source.seek(5)
    assert [frame.number for frame in source] == [5, 6]
    with pytest.raises(MediaError, match='cannot go back to frame 3'):
        source.seek(3)
    source.seek(7)
    assert list(source) == []


@pytest.mark.parametrize('image', [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8),
                                   np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)])
def test_what_is_no_frame_is_named(image):
    with pytest.raises(MediaError, match='frame 2 has the shape'):
        list(open_frames([IMAGES[0], image]))
    with pytest.raises(MediaError, match='frame 1 has the shape'):
        list(open_frames(iter([image])))


def test_no_frames():
    with pytest.raises(MediaError, match='has no frame'):
        open_frames([])
    with pytest.raises(MediaError, match=r'has the shape \(5, 4, 3\)'):
        open_frames(IMAGES[0])
