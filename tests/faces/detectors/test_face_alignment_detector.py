from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.detectors import face_alignment_detector as module
from mmfer.faces.detectors.face_alignment_detector import FaceAlignmentDetector
from mmfer.faces.detectors.face_alignment_files import DETECTOR_FILES, LANDMARK_FILE
from mmfer.faces.detectors.weights import file_sha256
from mmfer.faces.structures import IBUG68, VideoFrame
from mmfer.registry import FACE_DETECTORS

from . import face_alignment_weights as made

SCORE = 1 / (1 + np.exp(-2))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of torch hub."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path))
    folder = tmp_path / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope='module')
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp('torch')
    folder = home / 'hub' / 'checkpoints'
    folder.mkdir(parents=True)
    made.write_random(folder)
    return home


def build(detector: str, **settings: object) -> FaceAlignmentDetector:
    settings = dict(landmarks=None, device='cpu', check_hash=False) | settings
    return FACE_DETECTORS.build(dict(type='face_alignment', detector=detector, **settings))


def frame(height: int, width: int, seed: int | None = None) -> VideoFrame:
    image = np.zeros((height, width, 3), np.uint8)
    if seed is not None:
        image = np.random.default_rng(seed).integers(0, 256, image.shape, dtype=np.uint8)
    return VideoFrame(image, 1, 0.)


def white(height: int, width: int, x: int, y: int) -> VideoFrame:
    """Black, with a white square of 8 px at (x, y)."""
    plain = frame(height, width)
    plain.image[y:y + 8, x:x + 8] = 255
    return plain


def test_sfd_gives_the_box_that_its_weights_say(cache: Path) -> None:
    made.write_sfd(cache)
    detector = build('sfd')
    assert detector.scheme is None and detector.fit_landmarks(frame(9, 9), np.zeros((1, 4))) is None
    one, two = detector.detect([frame(128, 128, 0), frame(128, 256)])
    np.testing.assert_allclose(one.boxes, [[44, 44, 84, 84]], atol=1e-3)
    np.testing.assert_allclose(one.scores, [SCORE], rtol=1e-5)
    assert one.landmarks is None and one.boxes.dtype == np.float32
    np.testing.assert_allclose(two.boxes[np.argsort(two.boxes[:, 0])],
                               [[44, 44, 84, 84], [172, 44, 212, 84]], atol=1e-3)
    assert len(build('sfd', threshold=SCORE + .01).detect([frame(128, 128)])[0]) == 0


@pytest.mark.parametrize('back', [False, True])
def test_blazeface_gives_the_box_that_its_weights_say(cache: Path, back: bool) -> None:
    made.write_blazeface(cache, back)
    detector = build('blazeface_back' if back else 'blazeface')
    wide, tall = detector.detect([frame(100, 160, 0), frame(160, 100, 1)])
    # it sees the square in the middle of the frame
    np.testing.assert_allclose(wide.boxes, [[55, 25, 105, 75]], atol=1e-3)
    np.testing.assert_allclose(tall.boxes, [[25, 55, 75, 105]], atol=1e-3)
    np.testing.assert_allclose(wide.scores, [SCORE], rtol=1e-5)


def test_retinaface_gives_the_boxes_that_its_weights_say(cache: Path) -> None:
    made.write_retinaface(cache)
    found = build('retinaface').detect([frame(64, 96, 0)])[0]
    expected = [[x - 10, y - 10, x + 10, y + 10] for y in (16, 48) for x in (16, 48, 80)]
    order = np.lexsort((found.boxes[:, 0], found.boxes[:, 1].round()))
    np.testing.assert_allclose(found.boxes[order], expected, atol=1e-3)
    np.testing.assert_allclose(found.scores, [SCORE] * 6, rtol=1e-5)


def test_yunet_finds_what_its_weights_look_for(cache: Path) -> None:
    made.write_yunet(cache)
    one, none = build('yunet').detect([white(96, 128, 40, 16), frame(96, 128)])
    np.testing.assert_allclose(one.boxes, [[36, 8, 52, 32]], atol=1e-3)
    assert len(none) == 0 and none.boxes.shape == (0, 4)


def test_scrfd_finds_what_its_weights_look_for(cache: Path) -> None:
    pytest.importorskip('onnxruntime')
    made.write_scrfd(cache)
    one, none = build('scrfd').detect([white(640, 640, 80, 40), frame(640, 640)])
    np.testing.assert_allclose(one.boxes, [[72, 24, 104, 72]], atol=1e-3)
    assert len(none) == 0


def test_scrfd_says_what_it_needs(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write_scrfd(cache)
    monkeypatch.setitem(sys.modules, 'onnxruntime', None)
    with pytest.raises(DetectorError, match=r'onnxruntime.*pip install "mmfer\[face-alignment\]"'):
        build('scrfd')


@pytest.mark.parametrize('name', ['sfd', 'retinaface'])
def test_batch_equals_one_by_one(drawn: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv('TORCH_HOME', str(drawn))
    detector = build(name, batch_size=2)
    frames = [frame(64, 64, 0), frame(64, 80, 1), frame(64, 64, 2), frame(64, 64, 3),
              frame(5, 9, 4)]
    together = detector.detect(frames)
    assert sum(map(len, together)) > 3
    for one, faces in zip(frames, together, strict=True):
        alone = detector.detect([one])[0]
        np.testing.assert_allclose(faces.boxes, alone.boxes, atol=1e-3)
        np.testing.assert_allclose(faces.scores, alone.scores, atol=1e-5)


def test_boxes_are_the_packages(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from face_alignment.detection.sfd import FaceDetector
    monkeypatch.setenv('TORCH_HOME', str(drawn))
    package = FaceDetector('cpu')  # takes its weights from the same cache
    for one in (frame(64, 96, 1), frame(80, 64, 2)):
        found = build('sfd').detect([one])[0]
        # boxes off the frame, which drawn weights give too, are dropped
        expected = np.array([face for face in package.detect_from_image(one.image)
                             if face[2] > 0 and face[3] > 0 and face[0] < one.image.shape[1]
                             and face[1] < one.image.shape[0]], np.float32)
        assert len(found) == len(expected) > 0
        expected = expected[np.argsort(-expected[:, 4], kind='stable')]
        np.testing.assert_allclose(found.boxes, expected[:, :4], atol=1e-3)


@pytest.mark.slow
def test_landmarks_of_every_face(cache: Path, drawn: Path) -> None:
    made.write_sfd(cache)
    (cache / LANDMARK_FILE.name).symlink_to(
        drawn / 'hub' / 'checkpoints' / LANDMARK_FILE.name)
    detector = build('sfd', landmarks=68)
    assert detector.scheme == IBUG68
    frames = [frame(128, 128, 0), frame(32, 32, 1)]
    found, none = detector.detect(frames)
    assert found.landmarks.shape == (1, 68, 2) and none.landmarks.shape == (0, 68, 2)
    again = detector.fit_landmarks(frames[0], found.boxes)
    assert np.array_equal(again, found.landmarks)
    assert (np.abs(found.landmarks[0] - 64) < 64).all()  # inside the crop around the face
    assert detector.detect([]) == []
    weights = detector.identity()['weights']
    assert weights == {name: file_sha256(cache / name)
                       for name in (DETECTOR_FILES['sfd'][0].name, LANDMARK_FILE.name)}


def test_without_weights_nothing_is_downloaded(
        cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.hub, 'download_url_to_file', None)
    for name, files in DETECTOR_FILES.items():
        with pytest.raises(DetectorError) as caught:
            build(name, landmarks=68)
        for file in (*files, LANDMARK_FILE):
            assert f'{file.url} as {cache / file.name}' in str(caught.value)
    assert not list(cache.iterdir())


def test_weights_of_others_are_refused(cache: Path) -> None:
    made.write_sfd(cache)
    with pytest.raises(DetectorError, match='s3fd-619a316812.pth is damaged or another file'):
        build('sfd', check_hash=True)


@pytest.mark.parametrize('content', [b'', b'no weights', b'PK\x03\x04 truncated'])
def test_damaged_weights_are_named(cache: Path, content: bytes) -> None:
    for name, files in DETECTOR_FILES.items():
        for file in files:
            (cache / file.name).write_bytes(content)
        if name != 'scrfd':
            with pytest.raises(DetectorError, match=f'{files[0].name}.* does not hold'):
                build(name)


def test_weights_of_another_network_are_named(cache: Path) -> None:
    torch.save({'conv1.weight': torch.zeros(1)}, cache / DETECTOR_FILES['retinaface'][0].name)
    with pytest.raises(DetectorError, match='retinaface_mobilenet0.25.pth does not hold'):
        build('retinaface')


@pytest.mark.parametrize('settings, message', [
    (dict(detector='mtcnn'), "detector is 'mtcnn'"), (dict(landmarks=5), 'landmarks is 5'),
    (dict(threshold=.01), 'threshold is 0.01'), (dict(batch_size=0), 'batch_size is 0'),
    (dict(threshold='abc'), "threshold is 'abc'"),
    (dict(device='gpu'), "device is 'gpu'"), (dict(device='meta'), "device is 'meta'"),
    (dict(detector='yunet', device='cuda'), 'yunet runs on the CPU')])
def test_settings_out_of_range(settings: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build(**(dict(detector='sfd') | settings))


@pytest.mark.skipif(torch.cuda.is_available(), reason='torch has a GPU')
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="device is 'cuda', but torch has none"):
        build('sfd', device='cuda')


def test_a_gpu_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two GPUs that torch is made to see."""
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    for device in ('cuda', 'cuda:0', 'cuda:1'):
        assert module._choose_device('sfd', device) == device
    for device in ('cuda:2', 'cuda:7'):
        with pytest.raises(ConfigError, match=f"device is '{device}', but torch sees 2 of that"):
            build('sfd', device=device)


def test_without_the_package(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'face_alignment', None)
    with pytest.raises(DetectorError, match=r'run pip install "mmfer\[face-alignment\]"'):
        build('sfd')


def test_identity_tells_what_decides(cache: Path) -> None:
    made.write_retinaface(cache)
    identity = build('retinaface').identity()
    assert identity['name'] == 'face_alignment' and identity['detector'] == 'retinaface'
    assert identity['version'].startswith('1.')
    assert build('retinaface', batch_size=2).identity() == identity
    assert build('retinaface', threshold=.9).identity() != identity


def test_cudnn_stays_as_it_was(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write_sfd(cache)
    detector = build('sfd')

    def as_on_a_gpu(batch: torch.Tensor) -> list:
        torch.backends.cudnn.benchmark = True  # what the package does there
        return [[] for _ in batch]

    monkeypatch.setattr(detector._find, 'detect_from_batch', as_on_a_gpu)
    assert not torch.backends.cudnn.benchmark
    detector.detect([frame(64, 64)])
    assert not torch.backends.cudnn.benchmark


@pytest.mark.parametrize('device, worth', [('cpu', 1), ('cuda', 16), ('cuda:0', 16)])
def test_frames_are_read_ahead_for_a_gpu(cache: Path, monkeypatch: pytest.MonkeyPatch,
                                         device: str, worth: int) -> None:
    """Networks are left out, as there may be no GPU to put them on."""
    monkeypatch.setattr(module, '_choose_device', lambda detector, device: device)
    monkeypatch.setattr(module, '_build', lambda *_: None)
    monkeypatch.setattr(module, 'find_weights', lambda *_: ())
    detector = FaceAlignmentDetector(device=device, landmarks=None, batch_size=16)
    assert (detector.batch_size, detector.device) == (worth, device)
