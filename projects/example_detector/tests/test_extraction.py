"""The detector in the command that extracts faces, by the words of its README."""
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from mmfer.faces.ledger import read_ledger
from mmfer.synthetic import render_face, sample_identity
from mmfer.testing.marked_faces import write_video
from projects.example_detector import StudioDetector

ROOT = Path(__file__).resolve().parents[3]


def extract(*words):
    return subprocess.run(
        [sys.executable, 'tools/extract_faces.py', *map(str, words), '--workers', '0',
         '--import', 'projects.example_detector', '--detector', 'StudioDetector',
         '--detector-options', 'contrast=30'],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)


def test_it_extracts_faces(tmp_path):
    face = render_face(sample_identity(np.random.default_rng(0)), {'12': 2.}, 120)
    frames = []
    for number in range(6):
        frame = np.broadcast_to(face[:1, :1], (160, 200, 3)).copy()
        frame[20:140, 30 + 3 * number:150 + 3 * number] = face
        frames.append(frame)
    video, out = write_video(tmp_path / 'v.mp4', frames), tmp_path / 'faces'
    done = extract(video, '--out', out, '--geometry', 'box', '--size', '64')
    assert done.returncode == 0, done.stderr
    detector = json.loads((out / 'faces.json').read_text())['settings']['detector']
    assert detector == StudioDetector(contrast=30.).identity()
    ledger = read_ledger(out / 'ledger.parquet')
    assert ledger.metadata['scheme'] is None
    assert [(row.frame, row.status, row.crop) for row in ledger.rows()] == [
        (number, 'found', True) for number in range(1, 7)]
    lefts = [float(row.box[0]) for row in ledger.rows()]
    assert np.allclose(np.diff(lefts), 3, atol=1.5)
    crops = sorted((out / 'crops' / 'v').iterdir())
    assert [path.name for path in crops] == [f'{number:06d}.jpg' for number in range(1, 7)]
    assert cv2.imread(str(crops[0])).shape == (64, 64, 3)


def test_geometries_that_need_landmarks_are_refused(tmp_path):
    video = write_video(tmp_path / 'v.mp4', [np.zeros((32, 32, 3), np.uint8)])
    done = extract(video, '--out', tmp_path / 'faces', '--geometry', 'eyes')
    assert done.returncode not in (0, None) and "geometry 'eyes' needs landmarks" in done.stderr
    assert not (tmp_path / 'faces' / 'crops').exists()
