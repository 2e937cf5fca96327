from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.datasets import media
from mmfer.datasets.transforms import LoadFrames, load_frames
from mmfer.errors import ConfigError, MediaError
from mmfer.registry import TRANSFORMS

from ..conftest import frame_image, write_image, write_video


@pytest.fixture
def folder(tmp_path: Path) -> dict:
    for number in (4, 1, 3, 2):
        write_image(tmp_path / 'clip' / f'{number:03d}.png', frame_image(1, number))
    return dict(clip='one', frame_dir=str(tmp_path / 'clip'), filename_tmpl='{:03d}.png',
                start_index=1, modality='RGB')


def test_each_distinct_frame_is_decoded_once(folder: dict, monkeypatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(load_frames, 'read_image',
                        lambda path, store: read.append(Path(path).name)
                        or media.read_image(path, store))
    transform = TRANSFORMS.build(dict(type='LoadFrames'))
    results = transform({**folder, 'frame_inds': np.array([3, 1, 3, 4])})
    assert read == ['001.png', '003.png', '004.png']
    frames = [results['imgs'][row] for row in results['frame_gather']]
    for frame, number in zip(frames, [3, 1, 3, 4]):
        assert np.array_equal(frame, frame_image(1, number))
    assert results['img_shape'] == results['original_shape'] == (36, 40)


def test_video_gives_the_same(tmp_path: Path, folder: dict) -> None:
    write_video(tmp_path / 'a.mp4', [frame_image(1, number) for number in range(1, 5)])
    video = dict(clip='two', filename=str(tmp_path / 'a.mp4'), start_index=0)
    one = LoadFrames()({**folder, 'frame_inds': np.array([4, 2])})
    for backend in ('auto', 'pyav'):
        other = LoadFrames(backend)({**video, 'frame_inds': np.array([3, 1])})
        assert np.array_equal(one['imgs'], other['imgs'])
        assert one['frame_gather'].tolist() == other['frame_gather'].tolist() == [1, 0]


@pytest.mark.parametrize('interpolation', ['bilinear', 'area'])
def test_size_does_what_resize_does(folder: dict, interpolation: str) -> None:
    folder['frame_inds'] = np.array([1, 4])
    resize = TRANSFORMS.build(dict(type='Resize', scale=(20, 16), keep_ratio=False,
                                   interpolation=interpolation))
    expected = resize(LoadFrames()(dict(folder)))
    results = LoadFrames(size=(20, 16), interpolation=interpolation)(dict(folder))
    assert np.array_equal(results['imgs'], expected['imgs'])
    assert results['img_shape'] == expected['img_shape'] == (16, 20)
    assert results['original_shape'] == (36, 40)


def test_sizes_may_differ_only_where_one_is_given(folder: dict) -> None:
    write_image(Path(folder['frame_dir']) / '003.png', frame_image(1, 3, (50, 60)))
    folder['frame_inds'] = np.array([1, 3])
    with pytest.raises(MediaError, match="'one', frame 3: it is 50x60 .*40x36.*size="):
        LoadFrames()(dict(folder))
    results = LoadFrames(size=(32, 32))(dict(folder))
    assert [img.shape for img in results['imgs']] == [(32, 32, 3)] * 2
    expected = cv2.resize(frame_image(1, 3, (50, 60)), (32, 32))
    assert np.array_equal(results['imgs'][1], expected)


def test_errors_name_clip_frame_and_file(folder: dict, tmp_path: Path) -> None:
    folder.update(start_index=0, frame_inds=np.array([1, 7]))
    with pytest.raises(MediaError, match="'one', frame 8: .*007.png cannot be read"):
        LoadFrames()(dict(folder))
    (Path(folder['frame_dir']) / '001.png').write_bytes(b'')
    with pytest.raises(MediaError, match="'one', frame 2: .*001.png is empty"):
        LoadFrames()(dict(folder))
    video = dict(clip='two', filename=str(tmp_path / 'a.mp4'), start_index=0)
    with pytest.raises(MediaError, match="'two', frame 4: .*a.mp4 does not exist"):
        LoadFrames()({**video, 'frame_inds': np.array([3])})


@pytest.mark.parametrize('kwargs', [
    dict(backend='opencv'), dict(size=(3,)), dict(size=(0, 4)), dict(interpolation='cubic')])
def test_wrong_options(kwargs: dict) -> None:
    with pytest.raises(ConfigError):
        LoadFrames(**kwargs)


@pytest.mark.parametrize('size', [None, (40, 36), (20, 18)])
def test_blank_frames_are_black(folder: dict, size) -> None:
    blank = np.array([False, True, False, True])
    results = LoadFrames(size=size)({**folder, 'frame_inds': np.array([3, 4, 1, 4]),
                                     'frame_blank': blank})
    assert len(results['imgs']) == 3  # frame 4 is not even read
    assert results['frame_gather'].tolist() == [1, 2, 0, 2]
    assert not np.any(results['imgs'][2]) and np.any(results['imgs'][0])
    none = LoadFrames(size=size)({**folder, 'frame_inds': np.array([3]),
                                  'frame_blank': np.array([False])})
    assert len(none['imgs']) == 1


def test_pillow_resizes_as_pillow_does(tmp_path: Path) -> None:
    from PIL import Image
    image = np.random.default_rng(0).integers(0, 256, (36, 40, 3), dtype=np.uint8)
    write_image(tmp_path / '1.png', image)
    sample = dict(frame_dir=str(tmp_path), filename_tmpl='{}.png', start_index=1,
                  frame_inds=np.array([1]))
    load = TRANSFORMS.build(dict(type='LoadFrames', size=(20, 18), interpolation='lanczos',
                                 resize_library='pillow'))
    expected = np.asarray(Image.fromarray(image).resize((20, 18), Image.Resampling.LANCZOS))
    assert np.array_equal(load(dict(sample))['imgs'][0], expected)
    # OpenCV's filter of the same name does not widen: noise aliases
    other = LoadFrames(size=(20, 18), interpolation='lanczos')(dict(sample))['imgs'][0]
    assert other.std() > 1.2 * expected.std()
    assert "resize_library='pillow'" in repr(load)


def test_libraries_have_interpolations_of_their_own() -> None:
    LoadFrames(interpolation='hamming', resize_library='pillow')
    for kwargs in (dict(interpolation='hamming'), dict(resize_library='skimage'),
                   dict(interpolation='area', resize_library='pillow')):
        with pytest.raises(ConfigError, match='LoadFrames'):
            LoadFrames(**kwargs)
