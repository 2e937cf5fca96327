from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from face_alignment.models import FAN

from mmfer.faces.detectors.face_alignment_landmarks import FanLandmarks, load_state

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
    maps = list(fit._heat_maps([(IMAGE, box) for box in BOXES]))
    assert len(maps) == 5 and all(np.isfinite(centre).all() and scale > 0
                                  for _, centre, scale in maps)
    crops = shown[0]
    assert crops.shape == (5, 3, 256, 256) and 0 <= crops.min() and crops.max() <= 1
    assert [bool(crop.any()) for crop in crops] == [True, True, False, False, False]
    # seen plain, then mirrored
    assert len(shown) == 2 and torch.equal(shown[1], crops.flip(-1))
    assert fit([]).shape == (0, 68, 2) and len(shown) == 2


@pytest.mark.slow  # the package compiles its reading of heat maps at the first call
def test_a_peak_becomes_a_landmark(weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit = FanLandmarks(weights, 'cpu', 8, 200)
    heat = torch.zeros(1, 68, 64, 64)
    heat[0, :, 40, 20] = 1
    monkeypatch.setattr(fit, '_network', lambda batch: [heat])
    monkeypatch.setattr(fit._package, 'flip', lambda batch, is_label=False: batch)
    # the crop is 200 px a face of width plus height 200, with its centre 12% higher
    points = fit([(IMAGE, np.array([30, 30, 130, 130], np.float32))])
    expected = np.array([80 - 100 + 20.5 * 200 / 64, 80 - 12 - 100 + 40.5 * 200 / 64])
    assert np.abs(points[0] - expected).max() <= 1


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
    from face_alignment import FaceAlignment, LandmarksType
    from face_alignment.detection.retinaface.net_retinaface import RetinaFace

    from mmfer.faces.detectors.face_alignment_files import DETECTOR_FILES, LANDMARK_FILE
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    (folder / LANDMARK_FILE.name).symlink_to(weights)
    torch.save(RetinaFace().state_dict(), folder / DETECTOR_FILES['retinaface'][0].name)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    package = FaceAlignment(LandmarksType.TWO_D, device='cpu', compile=False,
                            face_detector='retinaface')
    expected = package.get_landmarks_from_image(IMAGE, detected_faces=BOXES[:2])
    jobs = [(IMAGE, box) for box in BOXES[:2]] + [(IMAGE[:, ::-1], BOXES[0])]
    together = FanLandmarks(weights, 'cpu', 3, 165)(jobs)
    assert np.array_equal(together[:2], expected)
    assert np.array_equal(FanLandmarks(weights, 'cpu', 1, 165)(jobs), together)
