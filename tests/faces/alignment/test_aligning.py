from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy import ndimage, optimize

from mmfer.errors import AlignmentError
from mmfer.faces.alignment import KINDS, Geometry, align_face, crop_matrix, transform_points
from mmfer.faces.alignment.templates import similarity_template
from mmfer.faces.frames import open_frames
from mmfer.faces.structures import CENTRES5, CORNERS5, IBUG68

from .test_placing import face, moved
from .test_warping import smooth_image

BOX = (20., 10, 70, 58)


@pytest.mark.parametrize('count', [5, 68])
@pytest.mark.parametrize(('size', 'padding'), [(150, 0.25), (224, 0.25), (90, 0.)])
def test_chips_are_those_of_dlib(count: int, size: int, padding: float) -> None:
    dlib = pytest.importorskip('dlib')
    scheme = {5: CORNERS5, 68: IBUG68}[count]
    image = cv2.resize(np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8),
                       (480, 360), interpolation=cv2.INTER_CUBIC)
    for seed, (scale, angle) in enumerate([(1., 0.1), (1.4, -0.4), (0.8, 0.05), (1.2, 2.5)]):
        points = np.rint(moved(face(scheme, seed), scale, angle, 200, 150))
        parts = dlib.points([dlib.point(int(x), int(y)) for x, y in points])
        found = dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), parts)
        chip = dlib.get_face_chip(image, found, size, padding)
        own = align_face(image, BOX, points, scheme,
                         Geometry('chip', size, padding, interpolation='bilinear'))
        # dlib cuts off what is behind the point, and leaves a pixel's rim around the frame black
        inside = np.abs(chip.astype(int) - own).max(-1)[1:-1, 1:-1]
        known = cv2.erode((chip > 0).any(-1).astype(np.uint8), np.ones((5, 5)))[1:-1, 1:-1] > 0
        assert known.mean() > 0.5
        assert inside[known].max() <= 1


def test_dlibs_pyramid_for_large_faces_is_close() -> None:
    dlib = pytest.importorskip('dlib')
    image = smooth_image(600, 800)
    points = np.rint(moved(face(CORNERS5, 3), 4, 0.2, 200, 100))
    parts = dlib.points([dlib.point(int(x), int(y)) for x, y in points])
    chip = dlib.get_face_chip(image, dlib.full_object_detection(dlib.rectangle(0, 0, 9, 9), parts),
                              100, 0.)
    own = align_face(image, BOX, points, CORNERS5, Geometry('chip', 100, 0.))
    # dlib first halves the frame, which moves it a little; this averages over each pixel
    grey, own_grey = (cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).astype(np.float64)
                      for crop in (chip, own))

    def difference(shift: np.ndarray) -> float:
        return ((ndimage.shift(own_grey, shift) - grey)[5:-5, 5:-5] ** 2).mean()

    best = optimize.minimize(difference, np.zeros(2), method='Nelder-Mead')
    assert np.abs(best.x).max() < 0.5
    assert best.fun < 2 ** 2  # levels: each of its steps cuts off what is behind the point
    assert difference(np.zeros(2)) > 6 ** 2


def test_landmarks_are_where_the_matrix_says() -> None:
    """Soft dots on the landmarks of a turned face lie where they should in its crop."""
    points = moved(face(CENTRES5, noise=0.), 2., 0.6, 250, 120)
    y, x = np.mgrid[:500, :500]
    dots = [255 * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 32) for px, py in points]
    image = np.repeat(np.sum(dots, 0).round().astype(np.uint8)[..., None], 3, 2)
    for kind in KINDS:
        geometry = Geometry(kind)
        box = (*points.min(0), *points.max(0))
        crop = align_face(image, box, points, CENTRES5, geometry)
        dots, count = ndimage.label(crop[..., 0])
        centres = np.array(ndimage.center_of_mass(crop[..., 0], dots, range(1, count + 1)))
        expected = transform_points(points, crop_matrix(box, points, CENTRES5, geometry))
        distance = np.linalg.norm(centres[:, None, ::-1] - expected, axis=-1)
        assert count == 5 and distance.min(0).max() < 0.1
        if kind == 'similarity':
            template = similarity_template(CENTRES5) * 224 - 0.5
            # the mean face is not ArcFace's
            assert np.abs(expected - template).max() < 0.05 * 224


def test_the_same_for_folder_video_and_live_frames(tmp_path: Path) -> None:
    av = pytest.importorskip('av')
    images = [np.roll(smooth_image(), number, 1) for number in range(3)]
    with av.open(str(tmp_path / 'a.mkv'), 'w') as container:
        stream = container.add_stream('ffv1', rate=25)
        stream.height, stream.width, stream.pix_fmt = 60, 80, 'bgr0'
        for number, image in enumerate(images, 1):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
            (tmp_path / f'{number}.png').write_bytes(
                cv2.imencode('.png', image[..., ::-1])[1].tobytes())
        container.mux(stream.encode())
    points = face(CENTRES5) / 3 + (20, 10)
    for kind in KINDS:
        crops = [[align_face(frame.image, BOX, points, CENTRES5, Geometry(kind, 64))
                  for frame in open_frames(source)]
                 for source in (tmp_path / 'a.mkv', tmp_path, np.stack(images), iter(images))]
        assert len(crops[0]) == 3 and crops[0][0].any()
        for others in crops[1:]:
            assert np.array_equal(crops[0], others)


@pytest.mark.parametrize('kind', KINDS)
def test_faces_at_and_beyond_the_border(kind: str) -> None:
    image = np.full((40, 50, 3), 200, np.uint8)
    for shift in (-200, 0, 45, 500):
        points = face(CENTRES5) / 2 + shift
        box = np.array([0., 0, 50, 50]) + shift
        crop = align_face(image, box, points, CENTRES5, Geometry(kind, 32))
        assert crop.shape == (32, 32, 3) and crop.dtype == np.uint8
        assert crop.any() == (shift in (0, 45))
        assert (align_face(image, box, points, CENTRES5,
                           Geometry(kind, 32, border='replicate')) == 200).all()
    assert align_face(image[:1, :1], (0, 0, 9, 9), face(CENTRES5), CENTRES5,
                      Geometry(kind, 1)).shape == (1, 1, 3)


def test_degenerate_faces_are_an_error() -> None:
    with pytest.raises(AlignmentError):
        align_face(smooth_image(), BOX, np.zeros((5, 2)), CENTRES5, Geometry())
