"""Where crops may come from."""
import cv2
import numpy as np
import pytest

from mmfer.apis.clips import CropClip, open_crops
from mmfer.errors import MediaError

from ..datasets.conftest import write_video

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)


def write(folder, numbers):
    folder.mkdir(exist_ok=True)
    for number in numbers:
        assert cv2.imwrite(str(folder / f'{number:06d}.png'), IMAGES[0])
    return folder


@pytest.mark.parametrize(('names', 'numbers'), [
    ((1, 2, 3), [1, 2, 3]), ((4, 5, 9), [4, 5, 9]), ((0, 1, 3), [1, 2, 4])])
def test_numbers_are_those_of_the_names(tmp_path, names, numbers):
    clip = open_crops(write(tmp_path / 'a', names))
    assert clip.numbers.tolist() == numbers and len(clip) == 3
    assert clip.name == str(tmp_path / 'a')
    whole = numbers == [1, 2, 3]
    assert (clip.sample()['frame_numbers'] is None) == whole
    found = clip.fields['filename_tmpl'].format(numbers[0] - 1 + clip.fields['start_index'])
    assert found == f'{names[0]:06d}.png'


def test_a_video_of_crops(tmp_path):
    write_video(tmp_path / 'a.mp4', list(IMAGES))
    clip = open_crops(tmp_path / 'a.mp4', 'b')
    assert clip.numbers.tolist() == [1, 2, 3] and clip.name == 'b'


def test_a_clip_stays_what_it_is():
    clip = CropClip.of_images(IMAGES, 'a', [2, 3, 7])
    assert open_crops(clip) is clip and clip.numbers.tolist() == [2, 3, 7]


def test_odd_files_are_counted(tmp_path):
    folder = write(tmp_path / 'a', (1, 2))
    (folder / '000003.png').write_bytes((folder / '000001.png').read_bytes()[:40])
    with pytest.warns(UserWarning, match='1 odd entries.*000003.png: truncated'):
        assert open_crops(folder).numbers.tolist() == [1, 2]


def test_bad_sources_are_named(tmp_path):
    (tmp_path / 'a.txt').write_text('no video')
    (tmp_path / 'a.mp4').write_bytes(b'')
    for name, words in (('a.txt', 'neither'), ('a.mp4', 'a.mp4'), ('b', 'does not exist')):
        with pytest.raises(MediaError, match=words):
            open_crops(tmp_path / name)
