import cv2
import numpy as np
import pytest

from mmfer.doctor.duplicates import (
    HASH_SIDE,
    Pair,
    check_duplicates,
    hash_clip,
    places,
    same_pictures,
)
from mmfer.protocols import Protocol, Split
from mmfer.synthetic.identity import sample_identity
from mmfer.synthetic.rendering import Renderer


@pytest.mark.parametrize(('frames', 'expected'), [
    (1, [0, 0, 0]), (2, [0, 0, 1]), (5, [0, 2, 4]), (100, [0, 50, 99])])
def test_places(frames, expected):
    assert places(frames) == expected


def faces(seed, units=None):
    renderer = Renderer(sample_identity(np.random.default_rng(seed)), 64)
    return [renderer.render(units or {}), renderer.render({'12': 1.}), renderer.render({'26': 1.})]


def test_the_same_clip_in_another_encoding_and_size():
    clip = faces(1)
    again = [cv2.imdecode(cv2.imencode('.jpg', cv2.resize(frame, (96, 96)),
                                       [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
             for frame in clip]
    hashes = np.stack([hash_clip(clip), hash_clip(faces(2)), hash_clip(again)])
    assert hashes.shape == (3, 3, HASH_SIDE**2) and hashes.dtype == bool
    ((first, second, bits), ) = [(p.first, p.second, p.bits)
                                 for p in same_pictures(['a', 'b', 'c'], hashes)]
    assert (first, second) == ('a', 'c')
    assert bits == max(int((x != y).sum()) for x, y in zip(hashes[0], hashes[2]))


def test_pairs_against_a_plain_loop():
    rng = np.random.default_rng(0)
    hashes = rng.random((40, 3, 64)) < .5
    hashes[7] = hashes[3] ^ (rng.random((3, 64)) < .05)
    hashes[30] = hashes[12]
    hashes[20, :2] = hashes[12, :2]  # two of three places alone do not count
    names = [f'c{index:02d}' for index in range(40)]
    expected = [Pair(names[i], names[j], int((hashes[i] != hashes[j]).sum(1).max()))
                for i in range(40) for j in range(i + 1, 40)
                if (hashes[i] != hashes[j]).sum(1).max() <= 10]
    assert same_pictures(names, hashes, 10) == expected
    assert Pair('c12', 'c30', 0) in expected and len(expected) == 2


def test_only_pairs_on_two_sides_are_problems():
    split = Split('fold1', ('a', 'b'), ('c', ), ('d', ))
    protocol = Protocol('p', 'h', False, 0, (split, ), 'clip')
    pairs = [Pair('a', 'b', 0), Pair('a', 'd', 2), Pair('b', 'c', 1), Pair('a', 'x', 0)]
    finding = check_duplicates(pairs, {'protocol_p': protocol})
    assert finding.problems == (
        "clips 'a' and 'd' look the same (2 of 64 bits differ): train and test of fold1 in "
        'protocol_p',
        "clips 'b' and 'c' look the same (1 of 64 bits differ): train and selection of fold1 in "
        'protocol_p')
    assert finding.remarks == ('2 pairs that look the same lie in one part', )
