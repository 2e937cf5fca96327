from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.datasets import media
from mmfer.errors import ConfigError, MediaError
from mmfer.storage import FolderStore

from .conftest import frame_image, write_image, write_video

NOISE = np.random.default_rng(0).integers(0, 256, (30, 40, 3), dtype=np.uint8)


@pytest.mark.parametrize('name', ['a.png', 'ü 笑/ñ.bmp', 'a.tif', 'a b.png'])
def test_images_are_rgb(tmp_path: Path, name: str) -> None:
    write_image(tmp_path / name, NOISE)
    assert np.array_equal(media.read_image(str(tmp_path / name)), NOISE)


def test_jpeg_grey_and_deep_images(tmp_path: Path) -> None:
    smooth = cv2.GaussianBlur(NOISE, (0, 0), 4)
    write_image(tmp_path / 'a.jpg', smooth)
    assert np.abs(media.read_image(str(tmp_path / 'a.jpg')).astype(int) - smooth).max() < 16
    grey = NOISE[..., 0]
    (tmp_path / 'g.png').write_bytes(cv2.imencode('.png', grey)[1].tobytes())
    assert np.array_equal(media.read_image(str(tmp_path / 'g.png')), np.stack([grey] * 3, -1))
    encoded = cv2.imencode('.png', grey.astype(np.uint16) * 256)[1]
    (tmp_path / 'd.png').write_bytes(encoded.tobytes())
    deep = media.read_image(str(tmp_path / 'd.png'))
    assert deep.dtype == np.uint8 and np.array_equal(deep[..., 1], grey)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.bmp', '.webp'])
@pytest.mark.parametrize('share', [0.0, 0.001, 0.3, 0.9, 0.99])
def test_truncated_images_are_named(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f'a{suffix}'
    write_image(path, NOISE)
    content = path.read_bytes()
    path.write_bytes(content[:int(len(content) * share)])
    with pytest.raises(MediaError, match=f'a{suffix}'):
        media.read_image(str(path))


@pytest.mark.parametrize('content', [b'', b'text, not an image', b'\xff\xd8', b'\xff\xd8\xff'])
def test_other_content(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / 'a.jpg'
    path.write_bytes(content)
    with pytest.raises(MediaError, match='a.jpg.*frame_numbers'):
        media.read_image(str(path))
    path.unlink()
    with pytest.raises(MediaError, match='No such file'):
        media.read_image(str(path))
    path.mkdir()
    with pytest.raises(MediaError, match='a.jpg'):
        media.read_image(str(path))


@pytest.mark.parametrize('backend', ['decord', 'pyav'])
def test_video_positions_are_exact(tmp_path: Path, backend: str) -> None:
    pytest.importorskip({'decord': 'decord', 'pyav': 'av'}[backend])
    frames = [frame_image(2, number) for number in range(50)]
    path = tmp_path / 'vidéo.mp4'
    write_video(path, frames)
    for positions in ([0], [49], [3, 7, 8, 21, 48], list(range(50))):
        decoded = list(media.read_video(str(path), positions, backend))
        assert len(decoded) == len(positions)
        for image, position in zip(decoded, positions):
            assert image.dtype == np.uint8 and np.array_equal(image, frames[position])


def test_video_backends_agree(tmp_path: Path) -> None:
    pytest.importorskip('decord')
    pytest.importorskip('av')
    path = str(tmp_path / 'a.mp4')
    writer = cv2.VideoWriter(path, cv2.VideoWriter_fourcc(*'mp4v'), 25, (64, 48))
    for number in range(40):
        writer.write(cv2.resize(frame_image(1, number), (64, 48)))
    writer.release()
    positions = [0, 5, 13, 39]
    one, other = (np.stack(list(media.read_video(path, positions, backend))).astype(int)
                  for backend in ('decord', 'pyav'))
    assert np.abs(one - other).max() <= 3  # their colour conversions round differently
    assert np.abs(one[0] - one[3]).mean() > 10


@pytest.mark.parametrize('backend', ['decord', 'pyav'])
def test_broken_videos_are_named(tmp_path: Path, backend: str) -> None:
    pytest.importorskip({'decord': 'decord', 'pyav': 'av'}[backend])
    path = tmp_path / 'a.mp4'

    def read(positions: list[int]) -> list[np.ndarray]:
        return list(media.read_video(str(path), positions, backend))

    with pytest.raises(MediaError, match='a.mp4 does not exist'):
        read([0])
    write_video(path, [frame_image(0, number) for number in range(6)])
    with pytest.raises(MediaError, match='a.mp4 ends before frame number 8'):
        read([2, 7, 9])
    content = path.read_bytes()
    for broken in (b'', content[:len(content) // 2], b'no video' * 99):
        path.write_bytes(broken)
        with pytest.raises(MediaError, match='a.mp4'):
            read([0, 5])


def test_choice_of_the_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    media.choose_video_backend.cache_clear()
    installed = {'decord', 'av'}
    monkeypatch.setattr(media.importlib.util, 'find_spec',
                        lambda name: name if name in installed else None)
    assert media.choose_video_backend.__wrapped__('auto') == 'decord'
    installed.remove('decord')
    assert media.choose_video_backend.__wrapped__('auto') == 'pyav'
    with pytest.raises(ConfigError, match='decord'):
        media.choose_video_backend.__wrapped__('decord')
    installed.clear()
    with pytest.raises(ConfigError, match='pip install av'):
        media.choose_video_backend.__wrapped__('auto')
    with pytest.raises(ConfigError, match='opencv'):
        media.choose_video_backend.__wrapped__('opencv')


class InMemory(FolderStore):
    """Holds the content of files."""

    def __init__(self, content: dict[str, bytes]) -> None:
        super().__init__('')
        self.content = content

    def read(self, path: str) -> bytes:
        return self.content[path]

    def exists(self, path: str) -> bool:
        return path in self.content


@pytest.mark.parametrize('backend', ['decord', 'pyav'])
def test_videos_are_decoded_from_a_store(tmp_path: Path, backend: str) -> None:
    pytest.importorskip({'decord': 'decord', 'pyav': 'av'}[backend])
    frames = [frame_image(2, number) for number in range(20)]
    write_video(tmp_path / 'a.mp4', frames)
    content = (tmp_path / 'a.mp4').read_bytes()
    store = InMemory({'a.mp4': content, 'half.mp4': content[:len(content) // 2], 'empty.mp4': b'',
                      'text.mp4': b'/etc/passwd', 'name.mp4': str(tmp_path / 'a.mp4').encode()})
    decoded = list(media.read_video('a.mp4', [3, 7, 19], backend, store))
    assert np.array_equal(decoded, [frames[3], frames[7], frames[19]])
    for name in ('half', 'empty', 'text', 'name'):  # content is never taken for a file's name
        with pytest.raises(MediaError, match=f'{name}.mp4 is empty, truncated or not a video'):
            list(media.read_video(f'{name}.mp4', [0], backend, store))
    with pytest.raises(MediaError, match='absent.mp4 does not exist'):
        list(media.read_video('absent.mp4', [0], backend, store))


def test_images_are_decoded_from_a_store() -> None:
    encoded = cv2.imencode('.png', NOISE[..., ::-1])[1].tobytes()
    store = InMemory({'a.png': encoded, 'half.png': encoded[:99]})
    assert np.array_equal(media.read_image('a.png', store), NOISE)
    with pytest.raises(MediaError, match='half.png'):
        media.read_image('half.png', store)
