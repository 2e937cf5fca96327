import cv2
import numpy as np
import pytest

from mmfer.errors import AnnotationError, MediaError, PredictionError
from mmfer.storage.packing import pack, plan_packing
from mmfer.testing.predictions import make_row
from mmfer.visualization.frames import read_frames


def grey(value):
    return np.full((8, 10, 3), value, np.uint8)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / 'root' / 'clip ü'
    folder.mkdir(parents=True)
    for number in range(5, 9):  # the file names start at 5: frame 1 is 005.png
        (folder / f'{number:03d}.png').write_bytes(cv2.imencode('.png', grey(number * 10))[1])
    (tmp_path / 'root' / 'still {1}.png').write_bytes(cv2.imencode('.png', grey(7))[1])
    (tmp_path / 'outside.png').write_bytes(cv2.imencode('.png', grey(99))[1])
    return tmp_path / 'root'


def row(**fields):
    return make_row('the clip', 0, 0, **{'frames': 'clip ü', 'start_index': 5, **fields})


def test_folder_by_frame_number(root):
    frames = read_frames(row(), root, [4, 1, 1])
    assert [int(frame[0, 0, 0]) for frame in frames] == [80, 50, 50]
    assert frames[0].shape == (8, 10, 3)


def test_still_image_in_the_root(root):
    still = row(frames='.', filename_tmpl='still {{1}}.png', start_index=1)
    assert read_frames(still, root, [1])[0][0, 0, 0] == 7


def test_video_by_position(root):
    writer = cv2.VideoWriter(str(root / 'v.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5, (64, 48))
    for value in (20, 90, 160):
        writer.write(np.full((48, 64, 3), value, np.uint8))
    writer.release()
    video = row(frames='v.avi', filename_tmpl=None, start_index=0)
    found = [float(frame.mean()) for frame in read_frames(video, root, [3, 1])]
    np.testing.assert_allclose(found, [160, 20], atol=6)


def test_color_is_rgb(root):
    red = np.zeros((8, 8, 3), np.uint8)
    red[..., 2] = 255  # OpenCV writes BGR
    cv2.imwrite(str(root / 'red_1.png'), red)
    assert read_frames(row(frames='.', filename_tmpl='red_{}.png', start_index=1), root,
                       [1])[0][0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize('fields', [
    {'frames': '..', 'filename_tmpl': 'outside.png'},
    {'frames': 'clip ü', 'filename_tmpl': '../../outside.png'},
    {'frames': '../root/clip ü'},
])
def test_refuses_paths_out_of_the_root(root, fields):
    with pytest.raises(AnnotationError):
        read_frames(row(**fields), root, [1])


def test_refuses_links_out_of_the_root(root):
    (root / 'link').symlink_to(root.parent)
    with pytest.raises(AnnotationError, match='link'):
        read_frames(row(frames='link', filename_tmpl='outside.png'), root, [1])


@pytest.mark.parametrize('frames', ['', '/data/clip'])
def test_refuses_frames_that_were_not_below_a_root(root, frames):
    with pytest.raises(PredictionError, match="'the clip'.*data root"):
        read_frames(row(frames=frames), root, [1])


@pytest.mark.parametrize('template', ['{a}.png', '{0.x}', '{', '{:s}'])
def test_names_a_broken_template(root, template):
    with pytest.raises(PredictionError, match='filename_tmpl'):
        read_frames(row(filename_tmpl=template), root, [1])


def test_names_a_missing_frame(root):
    with pytest.raises(MediaError, match='009.png'):
        read_frames(row(), root, [5])


@pytest.mark.parametrize('kind', ['tar', 'lmdb'])
def test_reads_packs_as_it_reads_folders(root, tmp_path, kind):
    pytest.importorskip('lmdb')
    frames = np.stack([grey(value)[:8, :8] for value in (20, 90)]).repeat(8, 1).repeat(8, 2)
    writer = cv2.VideoWriter(str(root / 'v.avi'), cv2.VideoWriter_fourcc(*'MJPG'), 5, (64, 64))
    for frame in frames:
        writer.write(frame)
    writer.release()
    rows = [dict(frames='clip ü', num_frames=4, start_index=5, filename_tmpl='{:03d}.png'),
            dict(frames='still {1}.png', num_frames=1), dict(frames='v.avi', num_frames=2)]
    pack(plan_packing(rows, str(root), str(tmp_path / kind), kind))
    for fields, numbers in [
            ({}, [4, 1, 1]),
            (dict(frames='.', filename_tmpl='still {{1}}.png', start_index=1), [1]),
            (dict(frames='v.avi', filename_tmpl=None, start_index=0), [2, 1])]:
        found = read_frames(row(**fields), tmp_path / kind, numbers)
        assert np.array_equal(found, read_frames(row(**fields), root, numbers))
    with pytest.raises(MediaError, match=f'{kind} has no clip ü/009.png'):
        read_frames(row(), tmp_path / kind, [5])
    with pytest.raises(AnnotationError):
        read_frames(row(frames='..'), tmp_path / kind, [1])
