"""One clip: what is written, and that nothing depends on where a process was killed."""
from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from mmfer.errors import DetectorError, MediaError
from mmfer.faces.extraction import clip as clip_module
from mmfer.faces.extraction.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from mmfer.faces.extraction.clip import extract_clip
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.publishing import remove_empty_folders
from mmfer.faces.extraction.recorder import Recorder
from mmfer.faces.frames import open_frames
from mmfer.faces.ledger import main_people, read_ledger
from mmfer.faces.status_runs import CROPPED
from mmfer.testing.marked_faces import MarkedFaceDetector, draw_frame, moving_faces, write_video

from ..frames.conftest import add_sound, set_matrix
from ..frames.conftest import write_video as make_odd
from .conftest import clip_of, make_pipeline, seen_frames, tree, write_frames

MOMENTS = [3, 12, 21, 24, 38, 47, 62, 75, 90, 121, 138]


class Killed(BaseException):
    """Stands for the end of the process: nothing but what is on disk is left."""


@pytest.fixture
def killed_at(monkeypatch):
    """Has the detector end the process when it is asked for a frame."""
    original = MarkedFaceDetector.detect

    def arrange(number):
        def detect(self, frames):
            if number is not None and frames[-1].number >= number:
                raise Killed
            return original(self, frames)

        monkeypatch.setattr(MarkedFaceDetector, 'detect', detect)

    return arrange


@pytest.mark.parametrize('people', ['all', pytest.param('main', marks=pytest.mark.slow)])
def test_crops_and_rows_are_those_of_the_pipeline(eventful_video, layout, people):
    pipeline, clip = make_pipeline(people=people, crops={'suffix': 'png'}), clip_of(eventful_video)
    told = []
    count = extract_clip(clip, layout, pipeline, lambda *words: told.append(words))
    assert count == 150 and sum(frames for frames, _ in told) == 150
    ledger = read_ledger(layout.ledger('eventful'))
    rows = {(row.frame, row.id): row for row in ledger.rows()}
    assert ledger.metadata['settings_hash'] == pipeline.settings_hash
    assert ledger.metadata['frames'] == 150 and ledger.metadata['scheme'] == 'centres5'
    main, expected = main_people(ledger.table), {}
    with open_frames(clip.path) as source:
        for faces in pipeline.run(source):
            number = faces.frame.number
            assert faces.faces or rows.pop((number, 0)).status == 'absent'
            for face in faces.faces:
                row = rows.pop((number, face.id))
                assert (row.status, row.shot, row.score) == (face.status, face.shot, face.score)
                np.testing.assert_array_equal(row.box, face.box)
                np.testing.assert_array_equal(row.landmarks, face.landmarks)
                wanted = face.status in CROPPED and (
                    people == 'all' or main[face.shot] == face.id)
                assert row.crop == wanted
                if wanted:
                    folder = f'{face.id}/' if people == 'all' else ''
                    expected[f'{folder}{number:06d}.png'] = pipeline.crop(faces, face)
    assert not rows
    found = tree(layout.crops('eventful'))
    assert set(found) == set(expected) and len(found) > 90
    for name, crop in expected.items():
        image = cv2.imdecode(np.frombuffer(found[name], np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(image[..., ::-1], crop)
    statuses = set(ledger.table['status'].to_pylist())
    assert {'found', 'interpolated', 'absent'} <= statuses  # the video has something of each


@pytest.mark.parametrize('options, detector, moments', [
    ({}, {}, [24, 75, 121]),
    pytest.param({'people': 'all', 'tracking': {'detect_every': 5}}, {}, MOMENTS,
                 marks=pytest.mark.slow),
    pytest.param({'tracking': {'detect_every': 2}}, {'batch_size': 4}, MOMENTS,
                 marks=pytest.mark.slow)])
def test_killed_at_any_frame_the_bytes_are_the_same(
        eventful_video, tmp_path, monkeypatch, killed_at, options, detector, moments):
    """Also where somebody is away, just after a cut, and killed again and again."""
    monkeypatch.setattr(clip_module, 'EVERY_S', 2.)  # ten frames
    log, clip = tmp_path / 'log', clip_of(eventful_video)
    pipeline = make_pipeline({'log': str(log), **detector}, **options)
    whole, broken = Layout(tmp_path / 'whole'), Layout(tmp_path / 'broken')
    killed_at(None)
    extract_clip(clip, whole, pipeline)
    log.unlink()
    furthest, repeated, resumed = 0, [], 0
    for number in moments:
        killed_at(number)
        with pytest.raises(Killed):
            extract_clip(clip, broken, pipeline)
        assert not broken.crops('eventful').exists() and not broken.ledgers.exists()
        seen = seen_frames(log)
        log.unlink(missing_ok=True)
        if seen:
            resumed += seen[0] > 1
            repeated.append(furthest - seen[0] + 1)
            furthest = max(furthest, seen[-1])
    killed_at(None)
    assert extract_clip(clip, broken, pipeline) == 150
    remove_empty_folders(broken.work), remove_empty_folders(whole.work)
    assert tree(broken.out) == tree(whole.out)
    assert resumed >= len(moments) // 2 and max(repeated) <= 60


def test_a_checkpoint_of_other_settings_or_input_is_not_used(
        eventful_video, tmp_path, layout, monkeypatch, killed_at):
    monkeypatch.setattr(clip_module, 'EVERY_S', 2.)
    log = tmp_path / 'log'
    path = tmp_path / 'eventful.mp4'
    path.write_bytes(eventful_video.read_bytes())
    clip = clip_of(path)
    killed_at(60)
    with pytest.raises(Killed):
        extract_clip(clip, layout, make_pipeline())
    assert (layout.unfinished('eventful') / 'checkpoint.npz').exists()
    other = make_pipeline({'log': str(log)}, geometry={'size_px': 16})
    with pytest.raises(Killed):
        extract_clip(clip, layout, other)
    assert seen_frames(log)[0] == 1
    killed_at(None)
    write_video(path, moving_faces(20), 5)
    assert extract_clip(clip, layout, other) == 20
    assert len(tree(layout.crops('eventful'))) == 20


def test_a_checkpoint_does_not_wait_for_those_who_may_come_back(
        tmp_path, layout, monkeypatch, killed_at):
    monkeypatch.setattr(clip_module, 'EVERY_S', 2.)
    frames = moving_faces(60, 2)
    for number in range(9, 60):
        frames[number][:, 64:] = frames[9][:1, :1]
    log = tmp_path / 'log'
    pipeline = make_pipeline({'log': str(log)})
    clip = clip_of(write_video(tmp_path / 'v.mp4', frames, 5))
    killed_at(24)
    with pytest.raises(Killed):
        extract_clip(clip, layout, pipeline)
    log.unlink()
    killed_at(None)
    extract_clip(clip, layout, pipeline)
    assert 12 <= seen_frames(log)[0] <= 24


def flickering(count):
    """Somebody, and on every 12th frame for one frame what is taken for a face: none is settled."""
    return [draw_frame([(0, 10 + number % 5, 20, 50)] + [(1, 90, 40, 26)] * (number % 12 == 3))
            for number in range(count)]


@pytest.mark.parametrize('options', [{'people': 'all', 'crops': {'suffix': 'png'}},
                                     {'tracking': {'detect_every': 3, 'longest_gap': 5}}])
def test_killed_at_every_frame_while_somebody_flickers(tmp_path, monkeypatch, killed_at, options):
    log, count = tmp_path / 'log', 40
    frames = flickering(count)
    for number in (20, 21, 29):
        frames[number] = draw_frame([])  # gaps that are bridged
    frames[33:] = [255 - frame for frame in frames[33:]]  # a cut, with frames held back
    clip = clip_of(write_video(tmp_path / 'v.mp4', frames))
    pipeline = make_pipeline({'log': str(log)}, **options)
    whole, broken = Layout(tmp_path / 'whole'), Layout(tmp_path / 'broken')
    extract_clip(clip, whole, pipeline)
    looked = seen_frames(log)
    monkeypatch.setattr(clip_module, 'EVERY_S', 0.)
    first = []
    for number in looked[1:]:
        log.unlink()
        killed_at(number)
        with pytest.raises(Killed):
            extract_clip(clip, broken, pipeline)
        first += seen_frames(log)[:1]
    killed_at(None)
    extract_clip(clip, broken, pipeline)
    assert first == looked[:-1]  # each went on exactly where the one before had stopped
    remove_empty_folders(broken.work), remove_empty_folders(whole.work)
    assert tree(broken.out) == tree(whole.out)


def test_checkpoints_are_thirty_seconds_apart(tmp_path, layout, monkeypatch):
    """Also while somebody flickers; memory holds no more rows than lie between two of them."""
    rate_hz, saved, rows = 2, [], []

    def write(folder, checkpoint):
        saved.append(told[0] / rate_hz)
        write_checkpoint(folder, checkpoint)

    def progress(frames, _):
        told[0] += frames
        rows.append(len(recorders[0].rows))

    class Watched(Recorder):
        def __init__(self, *arguments):
            super().__init__(*arguments)
            recorders.append(self)

    told, recorders = [0], []
    monkeypatch.setattr(clip_module, 'write_checkpoint', write)
    monkeypatch.setattr(clip_module, 'Recorder', Watched)
    clip = clip_of(write_video(tmp_path / 'v.mp4', flickering(260), rate_hz))
    extract_clip(clip, layout, make_pipeline(), progress)
    assert saved == [30, 60, 90, 120]  # in seconds
    assert max(rows) <= 2 * 30 * rate_hz


def test_gaps_in_numbers_stay_and_resume(tmp_path, layout, monkeypatch, killed_at):
    monkeypatch.setattr(clip_module, 'EVERY_S', .2)
    folder = write_frames(tmp_path / 'f', moving_faces(30))
    for number in (5, 6, 11, 20):
        (folder / f'{number:03d}.png').unlink()
    pipeline = make_pipeline()
    for number in (9, 13, 22, None):
        killed_at(number)
        if number is not None:
            with pytest.raises(Killed):
                extract_clip(clip_of(folder), layout, pipeline)
    assert extract_clip(clip_of(folder), layout, pipeline) == 26
    numbers = [n for n in range(1, 31) if n not in (5, 6, 11, 20)]
    assert sorted(tree(layout.crops('f'))) == [f'{n:06d}.jpg' for n in numbers]
    assert read_ledger(layout.ledger('f')).table['frame'].to_pylist() == numbers


def test_nobody_makes_a_ledger_and_no_crops(tmp_path, layout):
    clip = clip_of(write_video(tmp_path / 'v.mp4', [draw_frame([])] * 7))
    assert extract_clip(clip, layout, make_pipeline()) == 7
    assert not layout.crops('v').exists()
    assert [row.status for row in read_ledger(layout.ledger('v')).rows()] == ['absent'] * 7


def test_the_main_person_is_told_for_each_shot(tmp_path, layout):
    frames = [draw_frame([(0, 4, 8, 60), (1, 90, 40, 24)])] * 8 + [
        draw_frame([(3, 4, 60, 30), (4, 50, 10, 70)])] * 8
    clip = clip_of(write_video(tmp_path / 'v.mp4', frames))
    extract_clip(clip, layout, make_pipeline(tracking={'cut_threshold': 5.}))
    ledger = read_ledger(layout.ledger('v'))
    main = main_people(ledger.table)
    assert len(main) == 2 and len(set(main.values())) == 2
    with_crop = {(row.shot, row.id) for row in ledger.rows() if row.crop}
    assert with_crop == set(main.items())
    assert sorted(tree(layout.crops('v'))) == [f'{n:06d}.jpg' for n in range(1, 17)]


def test_small_and_blurred_faces_are_noted_and_not_cut(tmp_path, layout):
    clip = clip_of(write_video(tmp_path / 'v.mp4', [draw_frame([(0, 4, 8, 60), (1, 90, 40, 20)])]
                               * 6))
    extract_clip(clip, layout, make_pipeline(people='all', quality={'min_size_px': 30}))
    statuses = {(row.id, row.status, row.crop) for row in read_ledger(layout.ledger('v')).rows()}
    assert statuses == {(1, 'found', True), (2, 'too small', False)}
    blurred = Layout(tmp_path / 'blurred')
    extract_clip(clip, blurred, make_pipeline(quality={'min_sharpness': 1e9, 'min_size_px': 30}))
    assert {row.status for row in read_ledger(blurred.ledger('v')).rows()} == {
        'blurred', 'too small'}
    assert not blurred.crops('v').exists()


@pytest.mark.parametrize('quality', [{'min_size_px': 40}, {'min_size_px': 0, 'min_sharpness': 1e9}])
def test_nothing_is_cut_out_between_faces_that_are_not(tmp_path, layout, quality):
    frames = [draw_frame([(0, 40, 30, 20)])] * 12
    frames[5:7] = [draw_frame([])] * 2
    clip = clip_of(write_frames(tmp_path / 'f', frames))
    extract_clip(clip, layout, make_pipeline(quality=quality))
    rows = list(read_ledger(layout.ledger('f')).rows())
    status = 'blurred' if 'min_sharpness' in quality else 'too small'
    assert [(row.status, row.crop) for row in rows] == [(status, False)] * 12
    assert not layout.crops('f').exists()


def test_degenerate_faces_are_counted(tmp_path, layout, monkeypatch):
    """Landmarks in one point cannot be aligned: the frame has its row, and no crop."""
    original = MarkedFaceDetector.detect

    def detect(self, frames):
        found = original(self, frames)
        if frames[0].number == 3:
            found[0].landmarks[:] = 5
        return found

    monkeypatch.setattr(MarkedFaceDetector, 'detect', detect)
    extract_clip(clip_of(write_frames(tmp_path / 'f', moving_faces(6))), layout, make_pipeline())
    ledger = read_ledger(layout.ledger('f'))
    assert ledger.metadata['degenerate'] == 1
    assert [row.crop for row in ledger.rows()] == [True, True, False, True, True, True]
    assert len(tree(layout.crops('f'))) == 5


def test_what_fails_leaves_nothing_behind(tmp_path, layout, monkeypatch):
    path = write_video(tmp_path / 'v.mp4', moving_faces(40))
    path.write_bytes(path.read_bytes()[:4000])
    with pytest.raises(MediaError, match=r'v\.mp4'):
        extract_clip(clip_of(path), layout, make_pipeline())
    assert tree(layout.out) == {}


def test_a_long_damaged_video_is_not_tried_from_its_beginning(
        tmp_path, layout, monkeypatch):
    log = tmp_path / 'log'
    folder = write_frames(tmp_path / 'f', moving_faces(30))
    (folder / '025.png').write_bytes(b'')
    pipeline = make_pipeline({'log': str(log)})
    monkeypatch.setattr(clip_module, 'EVERY_S', .2)
    for earliest, latest in ((1, 1), (16, 24)):  # behind the damage it would be forgotten
        log.unlink(missing_ok=True)
        with pytest.raises(MediaError, match='025.png is empty'):
            extract_clip(clip_of(folder), layout, pipeline)
        assert earliest <= seen_frames(log)[0] <= latest and seen_frames(log)[-1] == 30
    assert not layout.ledgers.exists() and not layout.crops('f').exists()
    cv2.imwrite(str(folder / '025.png'), moving_faces(1)[0])
    assert extract_clip(clip_of(folder), layout, pipeline) == 30


def test_a_checkpoint_of_another_version_is_not_used(eventful_video, layout, monkeypatch,
                                                     killed_at):
    monkeypatch.setattr(clip_module, 'EVERY_S', 2.)
    clip, pipeline = clip_of(eventful_video), make_pipeline()
    killed_at(60)
    with pytest.raises(Killed):
        extract_clip(clip, layout, pipeline)
    work = layout.unfinished('eventful')
    checkpoint = read_checkpoint(work)
    write_checkpoint(work, Checkpoint(checkpoint.number, checkpoint.about, {}))
    killed_at(None)
    assert extract_clip(clip, layout, pipeline) == 150
    assert read_ledger(layout.ledger('eventful')).table['frame'].to_pylist()[0] == 1


def test_an_input_that_changes_meanwhile_is_refused(tmp_path, layout):
    folder = write_frames(tmp_path / 'f', moving_faces(5))

    def touch(*_):
        (folder / '001.png').write_bytes((folder / '002.png').read_bytes())

    with pytest.raises(MediaError, match='has changed while it was read'):
        extract_clip(clip_of(folder), layout, make_pipeline(), touch)
    assert tree(layout.out) == {}


def test_what_another_process_has_finished_is_kept(tmp_path, layout):
    clip = clip_of(write_frames(tmp_path / 'f', moving_faces(5)))
    assert extract_clip(clip, layout, make_pipeline()) == 5
    log = tmp_path / 'log'
    assert extract_clip(clip, layout, make_pipeline({'log': str(log)})) == 5
    assert not log.exists()


@pytest.mark.parametrize('place', [Layout.ledger, lambda layout, clip: (
    layout.unfinished(clip) / 'ledger.parquet')])
def test_a_damaged_ledger_is_replaced(tmp_path, layout, place):
    clip = clip_of(write_frames(tmp_path / 'f', moving_faces(5)))
    whole = Layout(tmp_path / 'whole')
    extract_clip(clip, whole, make_pipeline())
    path = place(layout, 'f')
    path.parent.mkdir(parents=True)
    path.write_bytes(b'PAR1')
    assert extract_clip(clip, layout, make_pipeline()) == 5
    for one in (layout, whole):
        remove_empty_folders(one.work)
    assert tree(layout.out) == tree(whole.out)


def test_a_detector_that_fails_is_told(tmp_path, layout, monkeypatch):
    def detect(self, frames):
        raise DetectorError('no rows for clip f')

    monkeypatch.setattr(MarkedFaceDetector, 'detect', detect)
    clip = clip_of(write_frames(tmp_path / 'f', moving_faces(5)))
    with pytest.raises(DetectorError, match='no rows for clip f'):
        extract_clip(clip, layout, make_pipeline())


def boxes_of(layout, clip):
    return np.stack([row.box for row in read_ledger(layout.ledger(clip)).rows()])


@pytest.mark.parametrize('cut', ['truncated', 'sound', 'empty', 'text'])
def test_what_is_no_whole_video_fails(tmp_path, layout, cut):
    path = make_odd(tmp_path / 'v.mp4', moving_faces(40), sound=True)
    if cut == 'truncated':
        path.write_bytes(path.read_bytes()[:-3000])
    elif cut == 'sound':
        av = pytest.importorskip('av')
        with av.open(str(path), 'w') as container:
            add_sound(container, 1.)
    else:
        path.write_bytes(b'' if cut == 'empty' else b'this is a text' * 500)
    with pytest.raises(MediaError, match=r'v\.mp4'):
        extract_clip(clip_of(path), layout, make_pipeline())
    assert tree(layout.out) == {}


def test_one_pixel_is_a_video_without_anybody(tmp_path, layout):
    images = [np.full((1, 1, 3), 40 * number, np.uint8) for number in range(4)]
    path = make_odd(tmp_path / 'v.mkv', images, 'ffv1', 'bgr0')
    assert extract_clip(clip_of(path), layout, make_pipeline()) == 4
    assert {row.status for row in read_ledger(layout.ledger('v')).rows()} == {'absent'}
    assert not layout.crops('v').exists()


def test_a_rotated_video_gives_upright_crops(tmp_path, layout):
    """Stored lying on its side, with the turn noted in the file, as telephones write it."""
    frames = moving_faces(10)
    make_odd(tmp_path / 'upright.mp4', frames)
    lying = [np.rot90(frame) for frame in frames]
    set_matrix(make_odd(tmp_path / 'turned.mp4', lying), 0, 1, -1, 0)
    for name in ('upright', 'turned'):
        extract_clip(clip_of(tmp_path / f'{name}.mp4'), layout, make_pipeline())
    assert np.abs(boxes_of(layout, 'turned') - boxes_of(layout, 'upright')).max() <= 3
    for one, other in zip(tree(layout.crops('turned')).values(),
                          tree(layout.crops('upright')).values(), strict=True):
        images = [cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR).astype(float)
                  for content in (one, other)]
        assert np.abs(images[0] - images[1]).mean() < 12
        assert np.abs(images[0][::-1] - images[1]).mean() > 20


def test_a_variable_rate_keeps_every_frame_and_its_time(tmp_path, layout):
    stamps = [0, 40, 50, 200, 1000, 1033, 1900, 2000]
    path = make_odd(tmp_path / 'v.mkv', moving_faces(8), stamps=stamps,
                    time_base=Fraction(1, 1000))
    assert extract_clip(clip_of(path), layout, make_pipeline()) == 8
    rows = list(read_ledger(layout.ledger('v')).rows())
    assert [row.frame for row in rows] == list(range(1, 9))
    np.testing.assert_allclose([row.time_s for row in rows], np.array(stamps) / 1000, atol=2e-3)


def test_ten_bits_are_read_as_eight(tmp_path, layout):
    frames = moving_faces(8)
    make_odd(tmp_path / 'eight.mp4', frames)
    make_odd(tmp_path / 'ten.mp4', frames, pix_fmt='yuv420p10le')
    for name in ('eight', 'ten'):
        assert extract_clip(clip_of(tmp_path / f'{name}.mp4'), layout, make_pipeline()) == 8
    assert np.abs(boxes_of(layout, 'ten') - boxes_of(layout, 'eight')).max() <= 2
