"""Crops of real videos are upright and centred: landmarks are found anew on the crops."""
from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.faces.alignment import KINDS, Geometry, align_face
from mmfer.faces.detectors.dlib_models import HogFinder, ShapePredictor
from mmfer.faces.frames import open_frames

VIDEOS = ('d0', 'd11', 'd18', 'd19', 'd20')
SIZE_PX, EVERY, BORDER_PX = 224, 2, 56


def write_and_read(crop: np.ndarray) -> np.ndarray:
    content = cv2.imencode('.jpg', crop, [cv2.IMWRITE_JPEG_QUALITY, 95])[1]
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


def eyes_on(crop: np.ndarray, finder: HogFinder, predictor: ShapePredictor) -> np.ndarray:
    """Centres of the left and the right eye, (2, 2), as shares of the crop's side."""
    # the detector looks for whole heads; a crop shows little beside the face
    wide = cv2.copyMakeBorder(crop, *[BORDER_PX] * 4, cv2.BORDER_REPLICATE)
    boxes, _ = finder([wide])[0]
    if not len(boxes):
        return np.full((2, 2), np.nan)
    largest = boxes[np.argmax((boxes[:, 2:] - boxes[:, :2]).prod(1))]
    points = predictor(wide, largest[None])[0].astype(np.float64) - BORDER_PX
    return (np.stack([points[36:42].mean(0), points[42:48].mean(0)]) + 0.5) / SIZE_PX


@pytest.mark.slow
@pytest.mark.parametrize('video', VIDEOS)
def test_eyes_stay_in_place(shared_data: Path, video: str) -> None:
    pytest.importorskip('dlib')
    finder, five, many = HogFinder(0, 0.), ShapePredictor(5), ShapePredictor(68)
    eyes: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
    for frame in open_frames(shared_data / 'videos' / f'{video}.mp4'):
        if frame.number % EVERY:
            continue
        boxes, _ = finder([frame.image])[0]
        landmarks = five(frame.image, boxes[:1])
        for kind in KINDS:
            crop = align_face(frame.image, boxes[0], landmarks[0], five.scheme,
                              Geometry(kind, SIZE_PX))
            eyes[kind].append(eyes_on(write_and_read(crop), finder, many))
    for kind in KINDS:
        found = np.stack(eyes[kind])
        assert np.isfinite(found).all(), f'{kind}: no face is found on a crop'
        deviation, mean = found.std(0).max(), found.mean(0)
        across = found[:, 1] - found[:, 0]
        slope_deg = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
        print(f'{video} {kind}: {len(found)} crops; eyes at {mean.round(3).tolist()}, standard '
              f'deviation at most {deviation:.2%} of the width; slope {slope_deg.mean():.1f} '
              f'+- {slope_deg.std():.1f} degrees')
        if kind in ('similarity', 'chip'):
            assert deviation < 0.03
            assert abs(mean[:, 0].mean() - 0.5) < 0.03 and abs(slope_deg.mean()) < 3
        if kind == 'eyes':
            assert abs(slope_deg.mean()) < 3
