"""Draws docs/images/face_tracking.jpg: two drawn people who pass each other, as tracked.

    python tests/faces/tracking/draw_crossing.py docs/images/face_tracking.jpg
"""
import importlib.util
import sys
from pathlib import Path

import cv2
import numpy as np

from mmfer.faces.tracking import FaceTracker, GapFiller, TrackingSettings
from mmfer.registry import FACE_DETECTORS

COLOURS = {'found': (90, 230, 90), 'tracked': (255, 190, 60), 'interpolated': (255, 110, 230)}
SCALE = 1.5
SHOWN = range(1, 37, 3)
COLUMNS = 4


def scene():
    spec = importlib.util.spec_from_file_location('scenes', Path(__file__).parent / 'conftest.py')
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for it
    spec.loader.exec_module(module)
    return module.draw_crossing()


def draw(each):
    image = cv2.resize(each.frame.image, None, fx=SCALE, fy=SCALE, interpolation=cv2.INTER_CUBIC)
    for face in each.faces:
        x0, y0, x1, y1 = (int(value) for value in np.rint(face.box * SCALE))
        colour = COLOURS[face.status]
        cv2.rectangle(image, (x0, y0), (x1, y1), colour, 2)
        for x, y in np.rint(face.landmarks * SCALE).astype(int).tolist():
            cv2.circle(image, (x, y), 2, colour, -1, cv2.LINE_AA)
        cv2.putText(image, f'{face.id} {face.status}', (x0, y0 - 5), cv2.FONT_HERSHEY_SIMPLEX, .5,
                    colour, 1, cv2.LINE_AA)
    cv2.putText(image, str(each.frame.number), (6, 172), cv2.FONT_HERSHEY_SIMPLEX, .6,
                (255, 255, 255), 1, cv2.LINE_AA)
    return image


def main(path):
    settings = TrackingSettings(detect_every=5)
    tracker = FaceTracker(FACE_DETECTORS.build(dict(type='dlib', upsample=1)), settings)
    gaps, answer = GapFiller(settings), []
    for frame in scene().frames:
        answer += gaps.push(tracker.update(frame))
    pictures = [draw(each) for each in answer + gaps.flush() if each.frame.number in SHOWN]
    rows = [np.hstack(pictures[i:i + COLUMNS]) for i in range(0, len(pictures), COLUMNS)]
    cv2.imwrite(path, cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR),
                [cv2.IMWRITE_JPEG_QUALITY, 80])


if __name__ == '__main__':
    main(sys.argv[1])
