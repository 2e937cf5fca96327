import numpy as np
import pytest
import torch

from mmfer.explain.perturbation import (
    filled_frames,
    frame_sources,
    region_mask,
    without_frames,
    without_regions,
)
from mmfer.testing.recognizers import make_video

NUMBERS = np.array([1, 3, 5, 9])


def flags(*rows):
    return np.array([[char == 'x' for char in row] for row in rows])


class TestSources:

    def test_nearest_in_time_and_of_two_the_earlier(self):
        sources = frame_sources(flags('xxxx', '.xxx', 'x.x.', 'x..x', '..x.'), NUMBERS, 'nearest')
        assert sources.tolist() == [[0, 1, 2, 3], [1, 1, 2, 3], [0, 0, 2, 2], [0, 0, 0, 3],
                                    [2, 2, 2, 2]]

    def test_numbers_in_any_order(self):
        order = np.array([2, 0, 3, 1])
        kept = flags('x..x')
        inverse = np.argsort(order)
        expected = inverse[frame_sources(kept[:, inverse], NUMBERS, 'nearest')[0][order]]
        found = frame_sources(kept, NUMBERS[order], 'nearest')[0]
        assert NUMBERS[order][found].tolist() == NUMBERS[order][expected].tolist()

    def test_mean(self):
        assert frame_sources(flags('x.x.', '....'), NUMBERS, 'mean').tolist() == [
            [0, 4, 2, 4], [4, 4, 4, 4]]

    def test_nothing_left_has_no_nearest(self):
        with pytest.raises(ValueError, match="fill='mean'"):
            frame_sources(flags('x...', '....'), NUMBERS, 'nearest')


def unrolled(batches):
    """Every version's frames as the model sees them, (V, T, 3, H, W)."""
    versions = []
    for batch in batches:
        versions += batch.frames[batch.gather].split(list(batch.lengths))
    return torch.stack(versions)


class TestFrames:
    gather = [0, 1, 2, 1, 3, 3]

    @pytest.mark.parametrize('most_rows', [1, 12, 13, 1000])
    def test_versions(self, most_rows):
        inputs = make_video(4, self.gather)
        inputs.clips = ((2, 3), )
        kept = flags('xxxx', '.xxx', 'x..x')
        batches = list(without_frames(inputs, kept, NUMBERS, 'nearest', most_rows))
        assert all(batch.clips == ((2, 3), ) * len(batch.lengths) for batch in batches)
        assert all(set(batch.lengths) == {6} for batch in batches)
        f = inputs.frames
        expected = [f[self.gather], f[[1, 1, 2, 1, 3, 3]], f[[0, 0, 0, 0, 3, 3]]]
        assert torch.equal(unrolled(batches), torch.stack(expected))

    def test_mean_frame(self):
        inputs = make_video(4, self.gather)
        seen = unrolled(without_frames(inputs, flags('x.xx', '....'), NUMBERS, 'mean'))
        mean = inputs.frames.double().mean(0)
        assert (seen[0, 1].double() - mean).abs().max() <= .5
        assert torch.equal(seen[0, 1], seen[0, 3]) and torch.equal(seen[1, 0], seen[0, 1])
        assert torch.equal(seen[0, 0], inputs.frames[0])


class TestRegions:

    def test_regions_share_the_frame(self):
        removed = np.zeros((2, 3), bool)
        removed[1, 2] = True
        mask = region_mask(removed, (4, 9))
        assert mask.shape == (4, 9) and mask[2:, 6:].all() and mask.sum() == 6
        assert region_mask(np.eye(3, dtype=bool), (7, 8)).any(0).all()

    def test_mean_colour(self):
        frames = make_video(2).frames
        filled = filled_frames(frames, 'mean', (4, 4))
        assert (filled == filled[..., :1, :1]).all()
        expected = frames.double().mean((2, 3))
        assert (filled[..., 0, 0].double() - expected).abs().max() <= .5

    def test_blur_keeps_the_colour_and_takes_the_detail(self):
        frames = make_video(2).frames
        filled = filled_frames(frames, 'blur', (4, 4)).double()
        assert filled.std() < .1 * frames.double().std()
        assert abs(filled.mean() - frames.double().mean()) < 3
        even = torch.full((1, 3, 16, 16), 77, dtype=torch.uint8)
        assert torch.equal(filled_frames(even, 'blur', (2, 2)), even)

    @pytest.mark.parametrize('most_frames', [1, 4, 9, 256])
    def test_versions(self, most_frames):
        inputs = make_video(3, [0, 2, 1, 2])
        inputs.clips = ((2, 2), )
        rng = np.random.default_rng(0)
        removed = rng.random((5, 3, 2, 4)) < .5
        removed[0], removed[4] = False, True
        batches = list(without_regions(inputs, removed.__getitem__, 5, 'mean', (2, 4),
                                       most_frames))
        assert all(len(batch.frames) <= max(3, most_frames) for batch in batches)
        assert all(batch.clips == ((2, 2), ) * len(batch.lengths) for batch in batches)
        seen = unrolled(batches)
        filled = filled_frames(inputs.frames, 'mean', (2, 4))
        assert torch.equal(seen[0], inputs.frames[inputs.gather])
        assert torch.equal(seen[4], filled[inputs.gather])
        for version in range(5):
            for entry, frame in enumerate(inputs.gather.tolist()):
                for row in range(2):
                    for column in range(4):
                        source = filled if removed[version, frame, row, column] else inputs.frames
                        part = (..., slice(16 * row, 16 * row + 16),
                                slice(8 * column, 8 * column + 8))
                        assert torch.equal(seen[version, entry][part], source[frame][part])
