from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.catalogue import describe_detectors, format_detectors
from mmfer.faces.detectors.face_alignment_files import DETECTOR_FILES, LANDMARK_FILE
from mmfer.faces.detectors.readers import READERS
from mmfer.faces.structures import VideoFrame
from mmfer.registry import FACE_DETECTORS

BUILT_IN = ['dlib', 'face_alignment', 'fan_cascade', 'precomputed']
DOCS = Path(__file__).resolve().parents[3] / 'docs' / 'faces.md'


def test_every_registered_detector_is_described() -> None:
    described = describe_detectors()
    names = [detector.name for detector in described]
    assert names[:4] == BUILT_IN
    assert set(names) == set(FACE_DETECTORS.module_dict) and len(set(names)) == len(names)
    for detector in described:
        assert all((detector.finds, detector.needs, detector.landmarks, detector.licence))
        assert detector.missing == ()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec',
                        lambda name: None if name == 'dlib' else find_spec(name))
    missing = {detector.name: detector.missing for detector in describe_detectors()}
    assert missing['dlib'] == missing['fan_cascade'] == ('dlib', )
    assert missing['face_alignment'] == missing['precomputed'] == ()
    assert '(not installed: dlib)' in format_detectors()


def test_what_only_a_part_of_a_detector_needs_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, 'find_spec',
                        lambda name: None if name == 'onnxruntime' else find_spec(name))
    missing = {detector.name: detector.missing for detector in describe_detectors()}
    assert missing.pop('face_alignment') == ('onnxruntime for scrfd', )
    assert not any(missing.values())
    assert '(not installed: onnxruntime for scrfd)' in format_detectors()


def test_plug_ins_are_listed_behind_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class Own(FaceDetector):
        """Finds nothing, ever.

        At length.
        """

        scheme = 'corners5'

    monkeypatch.setitem(FACE_DETECTORS._module_dict, 'Own', Own)
    own = {detector.name: detector for detector in describe_detectors()}['Own']
    assert own.finds == 'Finds nothing, ever' and own.landmarks == 'corners5'
    assert __name__ in own.needs
    assert 'Own: Finds nothing, ever\n' in format_detectors()


def test_the_documentation_names_every_file_and_format() -> None:
    text = DOCS.read_text(encoding='utf-8')
    files = [LANDMARK_FILE, *(file for files in DETECTOR_FILES.values() for file in files)]
    for name in (*(file.name for file in files), *READERS, *DETECTOR_FILES, *BUILT_IN):
        assert f'`{name}`' in text, name


def test_the_documented_tables_are_read_as_they_say(tmp_path: Path) -> None:
    table = re.search(r'```\n(clip,frame.*?)```', DOCS.read_text(encoding='utf-8'), re.DOTALL)
    (tmp_path / 'all.csv').write_text(table[1], encoding='utf-8')
    detector = FACE_DETECTORS.build(dict(type='precomputed', path=tmp_path / 'all.csv'))
    frames = [VideoFrame(np.zeros((1, 1, 3), np.uint8), number, 0.) for number in (1, 2, 3)]
    counts = {clip: [len(faces) for faces in detector.for_clip(clip).detect(frames)]
              for clip in ('talks/a', 'talks/b')}
    assert counts == {'talks/a': [1, 0, 1], 'talks/b': [0, 0, 0]}
