from __future__ import annotations

import hashlib
import importlib.metadata
import os
import sys
from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors import weights
from mmfer.faces.detectors.weights import (
    file_sha256,
    import_package,
    package_version,
    packaged_file,
)


def test_sha256_follows_the_content(tmp_path: Path) -> None:
    path = tmp_path / 'ü.dat'
    for content in (b'', b'a' * 3_000_000, b'b' * 3_000_000):
        path.write_bytes(content)
        os.utime(path, ns=(0, len(content) + content.count(b'b')))
        assert file_sha256(path) == hashlib.sha256(content).hexdigest()


def test_a_file_is_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / 'a.dat'
    path.write_bytes(b'abc')
    first = file_sha256(path)
    monkeypatch.setattr(weights.hashlib, 'sha256', None)  # would raise if it were called
    assert file_sha256(path) == first


def test_files_are_located_without_importing_their_package() -> None:
    path = packaged_file('face_recognition_models', 'models',
                         'shape_predictor_5_face_landmarks.dat', extra='faces')
    assert path.stat().st_size == 9_150_489
    assert 'face_recognition_models' not in sys.modules


def test_missing_packages_and_files_say_what_to_install() -> None:
    with pytest.raises(DetectorError, match=r'no_such_package is not .*"mmfer\[faces\]"'):
        packaged_file('no_such_package', 'a.dat', extra='faces')
    with pytest.raises(DetectorError, match='a.dat is missing .*face-recognition-models'):
        packaged_file('face_recognition_models', 'a.dat', extra='faces')
    with pytest.raises(DetectorError, match=r'no_such_package .*"mmfer\[face-alignment\]"'):
        import_package('no_such_package', 'mmfer[face-alignment]')
    with pytest.raises(DetectorError, match='no-such-package is not installed'):
        package_version('no-such-package')


def test_version_is_pips() -> None:
    assert package_version('numpy') == importlib.metadata.version('numpy')
