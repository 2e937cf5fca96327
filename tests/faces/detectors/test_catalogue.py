from __future__ import annotations

import importlib.util

import pytest

from mmfer.faces.detector import FaceDetector
from mmfer.faces.detectors.catalogue import describe_detectors, format_detectors
from mmfer.registry import FACE_DETECTORS


def test_every_registered_detector_is_described() -> None:
    described = describe_detectors()
    names = [detector.name for detector in described]
    assert names[:4] == ['dlib', 'face_alignment', 'fan_cascade', 'precomputed']
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
