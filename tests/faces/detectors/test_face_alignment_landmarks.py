from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from face_alignment.models import FAN

from mmfer.faces.detectors.face_alignment_landmarks import (
    FanLandmarks,
    load_state,
    read_heat_maps,
)

IMAGE = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
BOXES = [np.array(box, np.float32) for box in (
    (40, 30, 100, 95), (-20, -10, 50, 60), (300, 20, 340, 60), (200, 10, 200, 10),
    (-1e6, -1e6, 1e6, 1e6))]


@pytest.fixture(scope='module')
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('fan') / 'fan.pth'
    torch.manual_seed(0)
    torch.save(FAN(4).state_dict(), path)
    return path


def test_outside_images_and_of_empty_boxes_nothing_is_seen(
        weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = FanLandmarks(weights, 'cpu', 8, 195)
    shown = []

    def heat(batch: torch.Tensor) -> list[torch.Tensor]:
        shown.append(batch)
        return [torch.zeros(len(batch), 68, 64, 64)]

    monkeypatch.setattr(fit, '_network', heat)
    points = fit([(IMAGE, box) for box in BOXES])
    assert points.shape == (5, 68, 2) and np.isfinite(points).all()
    crops = shown[0]
    assert crops.shape == (5, 3, 256, 256) and 0 <= crops.min() and crops.max() <= 1
    assert [bool(crop.any()) for crop in crops] == [True, True, False, False, False]
    # seen plain, then mirrored
    assert len(shown) == 2 and torch.equal(shown[1], crops.flip(-1))
    assert fit([]).shape == (0, 68, 2) and len(shown) == 2


def test_heat_maps_by_the_rule() -> None:
    rng = np.random.default_rng(0)
    heat = rng.random((2, 68, 8, 8), dtype=np.float32)
    centres, scales = np.array([[50.5, 40.], [-3., 200.]]), np.array([.5, 1.25])
    points = read_heat_maps(heat, centres, scales)
    for n in range(2):
        for k in range(68):
            y, x = np.unravel_index(heat[n, k].argmax(), (8, 8))
            place = np.array([x, y], float)
            if 0 < x < 7 and 0 < y < 7:
                place[0] += .25 if heat[n, k, y, x + 1] > heat[n, k, y, x - 1] else -.25
                place[1] += .25 if heat[n, k, y + 1, x] > heat[n, k, y - 1, x] else -.25
            # eight cells span a crop of 200 times the scale around the centre
            expected = centres[n] + ((place + .5) / 8 - .5) * 200 * scales[n] - .5
            np.testing.assert_allclose(points[n, k], expected, rtol=1e-6)


def test_a_peak_between_equal_neighbours_stays() -> None:
    heat = np.zeros((1, 1, 8, 8), np.float32)
    heat[0, 0, 3, 5] = 1
    found = read_heat_maps(heat, np.array([[100., 100.]]), np.array([.04]))  # a pixel a cell
    assert found.tolist() == [[[101., 99.]]]


def test_weights_that_would_run_code_are_refused(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):  # noqa: ANN204
            return (Path.touch, (tmp_path / 'ran', ))

    torch.save({'a': Evil()}, tmp_path / 'a.pth')
    with pytest.raises(Exception, match='weights_only|Weights only'):
        load_state(tmp_path / 'a.pth')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.slow
def test_landmarks_are_the_packages_whatever_is_in_the_batch(
        weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from face_alignment import FaceAlignment, LandmarksType, utils
    from face_alignment.detection.retinaface.net_retinaface import RetinaFace

    from mmfer.faces.detectors.face_alignment_files import DETECTOR_FILES, LANDMARK_FILE
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    (folder / LANDMARK_FILE.name).symlink_to(weights)
    torch.save(RetinaFace().state_dict(), folder / DETECTOR_FILES['retinaface'][0].name)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    for name in ('transform_np', '_get_preds_fromhm'):  # as they are written, not compiled
        monkeypatch.setattr(utils, name, getattr(utils, name).py_func)
    package = FaceAlignment(LandmarksType.TWO_D, device='cpu', compile=False,
                            face_detector='retinaface')
    boxes = [box.tolist() for box in BOXES[:2]]
    expected = package.get_landmarks_from_image(IMAGE, detected_faces=boxes)
    jobs = [(IMAGE, box) for box in BOXES[:2]] + [(IMAGE[:, ::-1], BOXES[0])]
    together = FanLandmarks(weights, 'cpu', 3, 165)(jobs)
    # the package cuts what lies between pixels to whole ones
    edges = together[:2] + .5
    assert (np.abs(np.trunc(edges) - expected) <= (np.abs(edges - np.rint(edges)) < 1e-3)).all()
    assert np.abs(together[:2] - expected).max() > .1
    assert np.array_equal(FanLandmarks(weights, 'cpu', 1, 165)(jobs), together)
