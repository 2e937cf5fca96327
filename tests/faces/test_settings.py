from __future__ import annotations

import importlib
import importlib.metadata
import json

import pytest

from mmfer.errors import ConfigError
from mmfer.faces.alignment import Geometry
from mmfer.faces.settings import CropFormat, FaceSettings, changed_settings
from mmfer.jsonfile import json_hash
from mmfer.testing.marked_faces import MarkedFaceDetector

CONFIG = dict(
    detector=dict(type='marked', least_px=20), tracking=dict(detect_every=5),
    geometry=dict(kind='chip', size_px=128), quality=dict(min_size_px=40), people='all',
    crops=dict(suffix='png'))


def test_parts_of_a_config():
    settings = FaceSettings.from_dict(CONFIG)
    assert settings.geometry == Geometry('chip', 128) and settings.tracking.detect_every == 5
    assert settings.quality.min_size_px == 40 and settings.crops == CropFormat('png')
    assert settings.detector == {'type': 'marked', 'least_px': 20} and settings.people == 'all'
    assert FaceSettings.from_dict({}) == FaceSettings()
    assert FaceSettings.from_dict({'geometry': Geometry('box')}).geometry.kind == 'box'


def test_goes_to_json_and_back():
    settings = FaceSettings.from_dict(CONFIG)
    assert FaceSettings.from_dict(json.loads(json.dumps(settings.to_dict()))) == settings


@pytest.mark.parametrize('config, problem', [
    ({'geometri': {}}, "no setting 'geometri'; there are detector, tracking, geometry"),
    ({'geometry': {'size': 3}}, "faces.geometry: no setting 'size'; there are kind, size_px"),
    ({'geometry': 'chip'}, "geometry is 'chip'; give a dict"),
    ({'geometry': {'size_px': 0}}, 'size_px'),
    ({'tracking': {'detect_every': 0}}, 'detect_every'),
    ({'quality': {'min_size_px': -1}}, 'min_size_px'),
    ({'people': 'some'}, "people is 'some'; choose one of main, all"),
    ({'crops': {'suffix': 'gif'}}, "suffix is 'gif'"),
    ({'crops': {'jpg_quality': 101}}, 'jpg_quality is 101'),
    ({'crops': {'jpg_quality': True}}, 'jpg_quality is True'),
    ({'detector': 'dlib'}, "detector is 'dlib'"),
    ({'detector': {}}, "dict\\(type='dlib'\\)")])
def test_impossible_settings(config, problem):
    with pytest.raises(ConfigError, match=problem):
        FaceSettings.from_dict(config)


def hash_of(detector=None, **config):
    return FaceSettings.from_dict(config).settings_hash(detector or MarkedFaceDetector())


def test_the_hash_tells_what_decides_and_nothing_else():
    assert hash_of() == hash_of(detector=MarkedFaceDetector(log='x', delay_s=1., batch_size=4))
    # how the detector was asked for does not matter, only what it is
    assert FaceSettings({'type': 'marked', 'log': 'x'}).settings_hash(
        MarkedFaceDetector()) == hash_of()
    assert hash_of(quality={'min_size_px': 40}) == hash_of(quality={'min_size_px': 40.})
    different = [hash_of(), hash_of(MarkedFaceDetector(least_px=13))] + [
        hash_of(**{name: value}) for name, value in CONFIG.items() if name != 'detector']
    assert len(set(different)) == len(different) == 7


@pytest.mark.parametrize('package', ['av', 'scenedetect'])
@pytest.mark.parametrize('installed', [True, False])
def test_what_decodes_and_what_finds_cuts_is_part_of_the_identity(monkeypatch, package, installed):
    settings, detector = FaceSettings(), MarkedFaceDetector()
    before = settings.identity(detector)
    assert before['versions'][package] == importlib.import_module(package).__version__
    original = importlib.metadata.version

    def version(name):
        if not name.startswith(package):
            return original(name)
        if not installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return '0.1'

    monkeypatch.setattr(importlib.metadata, 'version', version)
    after = settings.identity(detector)
    assert after['versions'][package] == ('0.1' if installed else None)
    assert settings.settings_hash(detector) == json_hash(after) != json_hash(before)


def test_versions_are_part_of_the_identity(monkeypatch):
    import cv2
    before = FaceSettings().identity(MarkedFaceDetector())
    assert before['versions']['opencv'] == cv2.__version__
    assert json_hash(before) == FaceSettings().settings_hash(MarkedFaceDetector())
    monkeypatch.setattr(cv2, '__version__', '0.1')
    after = FaceSettings().identity(MarkedFaceDetector())
    assert changed_settings(before, after) == [
        f"versions.opencv: {before['versions']['opencv']!r} -> '0.1'"]


def test_changes_by_dotted_name():
    old = {'a': {'b': 1, 'c': [1, 2], 'gone': 3}, 'd': None}
    new = {'a': {'b': 2, 'c': [1, 2], 'new': {'x': 1}}, 'd': None}
    assert changed_settings(old, new) == [
        'a.b: 1 -> 2', "a.gone: 3 -> 'absent'", "a.new: 'absent' -> {'x': 1}"]
    assert changed_settings(old, old) == []
