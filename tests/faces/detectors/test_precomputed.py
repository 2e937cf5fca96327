from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.frames import open_frames
from mmfer.faces.structures import CENTRES5, CORNERS5, IBUG68, VideoFrame
from mmfer.registry import FACE_DETECTORS

BOXES = 'frame,left,top,right,bottom,score\n3,1,2,30,40,0.5\n1,0,0,9,9,0.9\n3,50,2,80,40,0.7\n'


def build(path: Path, **settings: object):  # noqa: ANN201
    return FACE_DETECTORS.build(dict(type='precomputed', path=str(path), **settings))


def frames(*numbers: int) -> list[VideoFrame]:
    return [VideoFrame(np.zeros((2, 2, 3), np.uint8), number, 0.) for number in numbers]


def write(path: Path, text: str = BOXES) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_per_clip(tmp_path: Path) -> None:
    write(tmp_path / 'a' / 'ü b.csv')
    write(tmp_path / 'none.csv', 'frame,left,top,right,bottom\n')
    detector = build(tmp_path)
    assert detector.scheme is None
    assert detector.fit_landmarks(frames(1)[0], np.zeros((1, 4), np.float32)) is None
    found = detector.for_clip('a/ü b').detect(frames(3, 2, 1))
    assert [len(faces) for faces in found] == [2, 0, 1]
    assert len(detector.for_clip('a/ü b.MP4').detect(frames(3))[0]) == 2
    assert found[0].boxes.tolist() == [[1, 2, 30, 40], [50, 2, 80, 40]]
    assert found[0].scores.tolist() == pytest.approx([.5, .7]) and found[0].landmarks is None
    assert [len(f) for f in detector.for_clip('none').detect(frames(1, 2))] == [0, 0]
    # binding one clip leaves the detector and the others as they were
    with pytest.raises(DetectorError, match='call for_clip'):
        detector.detect(frames(1))


def test_one_file_for_all_clips(tmp_path: Path) -> None:
    path = write(tmp_path / 'all.csv', 'clip,frame,left,top,right,bottom\na/b,1,0,0,9,9\n'
                 'c,,,,,\na/b,2,0,0,9,9\nd,1,5,5,6,6\n')
    detector = build(path)
    assert [len(f) for f in detector.for_clip('a/b').detect(frames(1, 2, 3))] == [1, 1, 0]
    assert [len(f) for f in detector.for_clip('c').detect(frames(1, 2))] == [0, 0]
    assert detector.for_clip('d').detect(frames(1))[0].boxes.tolist() == [[5, 5, 6, 6]]
    with pytest.raises(DetectorError, match="all.csv has nothing of the clip 'b'"):
        detector.for_clip('b')


def test_one_file_is_of_the_clip_that_is_named_like_it(tmp_path: Path) -> None:
    detector = build(write(tmp_path / 'a.csv'))
    for clip in ('talks/a', 'a', 'a.mp4'):
        assert len(detector.for_clip(clip).detect(frames(3))[0]) == 2
    with pytest.raises(DetectorError, match="is of the clip 'a', not of 'b'"):
        detector.for_clip('b')
    empty = build(write(tmp_path / 'b.csv', 'frame,left,top,right,bottom\n'))
    assert len(empty.for_clip('b').detect(frames(1))[0]) == 0


def test_min_score(tmp_path: Path) -> None:
    detector = build(write(tmp_path / 'a.csv'), min_score=.7).for_clip('a')
    assert [len(f) for f in detector.detect(frames(1, 3))] == [1, 1]
    assert detector.identity()['min_score'] == .7


def test_formats(tmp_path: Path) -> None:
    points = [[i, i + 1] for i in range(5)]
    eyes = dict(zip(('right_eye', 'left_eye', 'nose', 'mouth_right', 'mouth_left'), points,
                    strict=True))
    texts = {
        'csv': 'frame,x_0,y_0,x_1,y_1,x_2,y_2,x_3,y_3,x_4,y_4\n4,0,1,1,2,2,3,3,4,4,5\n',
        'json': json.dumps({'4': [{'landmarks': points}]}),
        'openface': ','.join(['frame', 'confidence', 'success', *(
            f'{axis}_{i}' for i in range(68) for axis in 'xy')]) + '\n4,1,1' + ',3,7' * 68 + '\n',
        'retinaface_json': json.dumps({'000004.jpg': {'face_1': dict(
            score=1, facial_area=[0, 1, 4, 5], landmarks=eyes)}}),
        'retinaface_txt': '000004.jpg\n1\n0 1 4 4 1\n'}
    schemes = dict(csv=CORNERS5, json=CORNERS5, openface=IBUG68, retinaface_json=CENTRES5,
                   retinaface_txt=None)
    suffixes = dict(csv='.csv', json='.json', openface='.csv', retinaface_json='.json',
                    retinaface_txt='.txt')
    for name, text in texts.items():
        write(tmp_path / name / f'a{suffixes[name]}', text)
        own = dict(scheme=CORNERS5) if name in ('csv', 'json') else {}
        detector = build(tmp_path / name, format=name, **own)
        assert detector.scheme == schemes[name]
        found = detector.for_clip('a').detect(frames(4))[0]
        assert len(found) == 1 and (name == 'openface' or found.boxes.tolist() == [[0, 1, 4, 5]])
        if name == 'openface':
            assert found.landmarks.tolist() == [[[3, 7]] * 68]
        elif found.landmarks is not None:
            assert found.landmarks.tolist() == [points]


def test_a_text_per_frame(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        write(tmp_path / 'a' / f'{number:06d}.txt', f'{number:06d}\n1\n{number} 0 1 1 1\n')
    found = build(tmp_path, format='retinaface_txt').for_clip('a').detect(frames(10, 3, 2))
    assert [f.boxes[:, 0].tolist() for f in found] == [[10], [], [2]]


@pytest.mark.parametrize('first', [0, 1])
@pytest.mark.parametrize('format', ['retinaface_txt', 'one text', 'retinaface_json'])
def test_names_of_images_are_numbered_as_their_folder_is(tmp_path: Path, format: str,
                                                         first: int) -> None:
    """Also where the first image has no face, or only a weak one."""
    images, answers = tmp_path / 'images' / 'a', tmp_path / 'answers'
    points = {name: [2, 2] for name in ('right_eye', 'left_eye', 'nose', 'mouth_right',
                                        'mouth_left')}
    boxes = {number: number + 1 for number in range(first + 1, first + 4)}
    texts, faces = {f'{first:03d}': f'{first:03d}.png\n0\n'}, {f'{first:03d}.png': {}}
    images.mkdir(parents=True)
    cv2.imwrite(str(images / f'{first:03d}.png'), np.full((4, 4, 3), first, np.uint8))
    for number, side in boxes.items():
        name = f'{number:03d}.png'
        cv2.imwrite(str(images / name), np.full((4, 4, 3), number, np.uint8))
        texts[name[:3]] = f'{name}\n1\n0 0 {side} {side} 1\n'
        faces[name] = {'face_1': dict(score=1, facial_area=[0, 0, side, side], landmarks=points)}
    if format == 'one text':
        write(answers / 'a.txt', ''.join(texts.values()))
    elif format == 'retinaface_txt':
        for name, text in texts.items():
            write(answers / 'a' / f'{name}.txt', text)
    else:
        write(answers / 'a.json', json.dumps(faces))
    kind = format if format == 'retinaface_json' else 'retinaface_txt'
    detector = build(answers, format=kind).for_clip('a')
    with open_frames(images) as source:
        found = {int(frame.image[0, 0, 0]): detector.detect([frame])[0].boxes.tolist()
                 for frame in source}
    assert found == {first: [], **{n: [[0, 0, side, side]] for n, side in boxes.items()}}


@pytest.mark.parametrize('clip', ['../a', '/a', 'b/../../a', 'c:\\a', ''])
def test_clips_stay_inside_the_folder(tmp_path: Path, clip: str) -> None:
    write(tmp_path / 'a.csv')
    (tmp_path / 'in').mkdir()
    with pytest.raises(DetectorError):
        build(tmp_path / 'in').for_clip(clip)


def test_links_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    outside = write(tmp_path / 'a.csv')
    (tmp_path / 'in').mkdir()
    (tmp_path / 'in' / 'a.csv').symlink_to(outside)
    with pytest.raises(DetectorError, match='leads out of the root'):
        build(tmp_path / 'in').for_clip('a')


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match='nowhere does not exist'):
        build(tmp_path / 'nowhere')
    with pytest.raises(DetectorError, match='b.csv does not exist; make it'):
        build(tmp_path).for_clip('b')
    write(tmp_path / 'c.csv', 'clip,frame,left,top,right,bottom\nd,1,0,0,9,9\n')
    with pytest.raises(DetectorError, match="c.csv has faces of other clips than 'c'"):
        build(tmp_path).for_clip('c')


def test_settings_out_of_range(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="format is 'xml'"):
        build(tmp_path, format='xml')
    with pytest.raises(ConfigError, match='scheme is given'):
        build(tmp_path, format='openface', scheme=IBUG68)
    with pytest.raises(ConfigError, match="scheme is 'seven'"):
        build(tmp_path, scheme='seven')
    with pytest.raises(ConfigError, match="min_score is 'abc'"):
        build(tmp_path, min_score='abc')


def test_identity_is_that_of_the_files(tmp_path: Path) -> None:
    write(tmp_path / 'b' / 'a.csv')
    write(tmp_path / 'c.csv', 'frame,left,top,right,bottom\n')
    detector = build(tmp_path)
    sums = [hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (tmp_path / 'b' / 'a.csv', tmp_path / 'c.csv')]
    listing = f'{sums[0]}  b/a.csv\n{sums[1]}  c.csv\n'
    whole = detector.identity()
    assert whole == dict(name='precomputed', format='csv', scheme=None, min_score=None,
                         sha256=hashlib.sha256(listing.encode()).hexdigest())
    assert detector.for_clip('b/a').identity()['sha256'] == sums[0]
    assert build(tmp_path / 'c.csv').identity()['sha256'] == sums[1]
    write(tmp_path / 'c.csv', BOXES)
    assert detector.identity()['sha256'] != whole['sha256']


def test_identity_of_a_text_per_frame(tmp_path: Path) -> None:
    for number in (1, 2):
        write(tmp_path / 'a' / f'{number}.txt', f'{number}\n0\n')
    detector = build(tmp_path, format='retinaface_txt')
    assert detector.for_clip('a').identity() == detector.identity()
