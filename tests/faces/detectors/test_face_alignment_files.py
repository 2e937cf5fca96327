from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from mmfer.errors import DetectorError
from mmfer.faces.detectors import face_alignment_files
from mmfer.faces.detectors.face_alignment_files import (
    DETECTOR_FILES,
    LANDMARK_FILE,
    WeightFile,
    find_weights,
    weights_folder,
)

CONTENT = b'weights'
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'ü home'))
    return tmp_path / 'ü home' / 'hub' / 'checkpoints'


def put(folder: Path, name: str = 'a.pth', content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    return folder / name


def test_files_are_looked_up_where_torch_hub_keeps_them(cache: Path) -> None:
    assert weights_folder() == cache
    path = put(cache)
    assert find_weights([WeightFile('a.pth', 'http://127.0.0.1:9/a.pth', SHA256)]) == [path]


def test_names_and_addresses_are_the_packages() -> None:
    from face_alignment import api
    from face_alignment.detection.blazeface import blazeface_detector
    from face_alignment.detection.retinaface import retinaface_detector
    from face_alignment.detection.scrfd import scrfd_detector
    from face_alignment.detection.sfd import sfd_detector
    from face_alignment.detection.yunet import yunet_detector
    assert LANDMARK_FILE.url == api.models_urls['2DFAN-4']
    assert DETECTOR_FILES['sfd'][0].url == sfd_detector.models_urls['s3fd']
    assert DETECTOR_FILES['retinaface'][0].url == retinaface_detector.models_urls[
        'retinaface_mobilenet0.25']
    assert DETECTOR_FILES['yunet'][0].url == yunet_detector.model_url
    assert DETECTOR_FILES['scrfd'][0].url == scrfd_detector.model_url
    for name in ('blazeface', 'blazeface_back'):
        assert [file.url for file in DETECTOR_FILES[name]] == [
            blazeface_detector.models_urls[f'{name}_{part}'] for part in ('weights', 'anchors')]
    # the authors give the beginning of the SHA-256 in the name
    for file in (LANDMARK_FILE, *DETECTOR_FILES['sfd']):
        assert file.name.split('-')[1].split('.')[0] == file.sha256[:10]


def test_what_is_missing_is_named_and_not_fetched(
        cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(face_alignment_files.torch.hub, 'download_url_to_file', None)
    put(cache, 'a.pth')
    files = [WeightFile('a.pth', 'http://x/a'), WeightFile('b.pth', 'http://x/b'),
             WeightFile('c.npy', 'http://x/c')]
    with pytest.raises(DetectorError) as caught:
        find_weights(files)
    message = str(caught.value)
    assert f'put http://x/b as {cache / "b.pth"}; http://x/c as {cache / "c.npy"}' in message
    assert 'a.pth' not in message
    assert 'download=True' in message and '"dlib" needs no download' in message


@pytest.mark.parametrize('url', ['http://127.0.0.1:9/a.pth', 'file:///no/such/file'])
def test_what_cannot_be_downloaded_is_named(cache: Path, url: str) -> None:
    with pytest.raises(DetectorError) as caught:
        find_weights([WeightFile('a.pth', url)], download=True)
    assert str(caught.value).startswith(f'{url} cannot be downloaded (')
    assert f'put it as {cache / "a.pth"}' in str(caught.value)
    assert '"dlib" needs no download' in str(caught.value)
    assert not list(cache.iterdir())


def test_what_is_missing_is_downloaded_on_request(
        cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = put(tmp_path / 'elsewhere', 'b.pth')
    file = WeightFile('a.pth', source.as_uri(), SHA256)
    assert find_weights([file], download=True) == [cache / 'a.pth']
    assert (cache / 'a.pth').read_bytes() == CONTENT
    # what is there is not fetched again
    monkeypatch.setattr(face_alignment_files.torch.hub, 'download_url_to_file', None)
    assert find_weights([file], download=True) == [cache / 'a.pth']


def test_a_download_of_something_else_is_refused(cache: Path, tmp_path: Path) -> None:
    source = put(tmp_path / 'elsewhere', content=b'other')
    with pytest.raises(DetectorError, match='cannot be downloaded .*hash'):
        find_weights([WeightFile('a.pth', source.as_uri(), SHA256)], download=True)
    assert not list(cache.iterdir())


def test_other_weights_are_refused_unless_they_are_wanted(cache: Path) -> None:
    file = WeightFile('a.pth', 'http://x/a', SHA256)
    path = put(cache, content=b'own')
    with pytest.raises(DetectorError, match=r'a.pth is damaged or another file.*check_hash=False'):
        find_weights([file])
    assert find_weights([file], check_hash=False) == [path]
    assert find_weights([replace(file, sha256=None)]) == [path]
