import csv
import inspect
import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.apis.live import answer_live, without_delay
from mmfer.apis.streaming import StreamingRecognizer
from mmfer.cli import webcam
from mmfer.cli.live_outputs import open_record
from mmfer.cli.live_status import LiveStatus
from mmfer.cli.webcam import main
from mmfer.faces.frames import open_frames
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.testing import BFLOAT16

from ..apis.small_fan import CLASSES, write_fan
from .live_frames import make_answer, make_live

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 40


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """A model, a video of a textured square that moves, and where it is."""
    folder = tmp_path_factory.mktemp('webcam')
    write_fan(folder, head_scale=.02)  # no probability near 0 or 1
    write_video(folder / 'face.mp4', FRAMES)
    for clip in ('face', 'live', 'long'):
        write_boxes(folder / 'boxes' / f'{clip}.csv', 500)
    return folder


def write_video(path, frames):
    rng = np.random.default_rng(0)
    image, face = np.full((120, 160, 3), 90, np.uint8), rng.integers(0, 256, (6, 6, 3), np.uint8)
    face = cv2.resize(face, (48, 48), interpolation=cv2.INTER_CUBIC)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 25, (160, 120))
    for number in range(frames):
        frame, shift = image.copy(), round(6 * np.sin(number / 9))
        frame[30:78, 50 + shift:98 + shift] = face
        writer.write(frame)
    writer.release()


def write_boxes(path, frames):
    path.parent.mkdir(exist_ok=True)
    rows = ['frame,left,top,right,bottom']
    for number in range(frames):
        shift = round(6 * np.sin(number / 9))
        rows.append(f'{number + 1},{50 + shift},30,{98 + shift},78')
    path.write_text('\n'.join(rows))


def words(folder, *more):
    return [str(word) for word in (
        '--config', folder / 'fan.py', '--checkpoint', folder / 'fan.pth', '--device', 'cpu',
        '--detector', 'precomputed', '--detector-options', f'path={folder / "boxes"}',
        '--geometry', 'box', '--size', '48', *more)]


def rows_of(path):
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def test_every_frame_of_a_video_is_answered_as_by_the_stream(folder, tmp_path, capsys):
    out = tmp_path / 'answers.csv'
    assert main(words(folder, '--video', folder / 'face.mp4', '--window', '20', '--stride', '7',
                      '--no-page', '--json', '--out', out)) == 0
    text = capsys.readouterr()
    lines = [json.loads(line) for line in text.out.splitlines()]
    stream = StreamingRecognizer.from_config(folder / 'fan.py', folder / 'fan.pth', 'cpu',
                                             window=20, stride=7)
    pipeline = FacePipeline(without_delay(FaceSettings.from_dict(dict(
        detector=dict(type='precomputed', path=str(folder / 'boxes')),
        geometry=dict(kind='box', size_px=48)))))
    with open_frames(folder / 'face.mp4') as source:
        expected = [answer for live in answer_live(source, pipeline, stream, 'face')
                    for answer in live.fresh]
    assert [line['frame'] for line in lines] == [1, 8, 15, 22, 29, 36]
    for line, row, answer in zip(lines, rows_of(out), expected, strict=True):
        assert line['id'] == int(row['id']) == 1 and line['frame'] == int(row['frame'])
        assert line['label'] == row['label'] == answer.label
        assert line['time_s'] == float(row['time_s']) == pytest.approx((line['frame'] - 1) / 25)
        for name, value in zip(CLASSES, answer.now, strict=True):
            assert line['probabilities'][name] == pytest.approx(value, abs=1e-6)
            assert float(row[name]) == pytest.approx(value, abs=1e-6)
        assert line['frames'] == answer.window.frames.tolist()
    assert len({line['probabilities']['fear'] for line in lines}) == 6
    assert '40 of 40 frames, ' in text.err and ', 6 answers' in text.err
    assert f'{out}: 6 answers' in text.err


class Reached(Exception):
    """The command has got as far as a test wants it to."""


def intercept(monkeypatch, owner, name):
    """Stops the command when it calls something; the arguments, by name, are there then."""
    signature, given = inspect.signature(getattr(owner, name)), {}

    def call(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        given.update(bound.arguments)
        raise Reached

    monkeypatch.setattr(owner, name, call)
    return given


@pytest.mark.parametrize('more, expected', [
    ([], dict(device='cpu', cfg_options={}, class_names=None, window=None, stride=5, min_frames=1,
              frame_chunk=None, amp=False)),
    (['--device', 'cuda:1'], dict(device='cuda:1')),
    (['--cfg-options', 'model.neck.relation=False'],
     dict(cfg_options={'model.neck.relation': False})),
    (['--classes', 'a', 'b', 'c'], dict(class_names=['a', 'b', 'c'])),
    (['--window', '31'], dict(window=31)), (['--stride', '3'], dict(stride=3)),
    (['--min-frames', '4'], dict(min_frames=4)),
    (['--frame-chunk', '2'], dict(frame_chunk=2)), (['--amp'], dict(amp=True))])
def test_flags_of_the_model_reach_it(more, expected, folder, monkeypatch):
    given = intercept(monkeypatch, StreamingRecognizer, 'from_config')
    with pytest.raises(Reached):
        main(words(folder, '--video', 'x.mp4', *more))
    given.update(given['settings'])
    assert given['config'] == str(folder / 'fan.py')
    assert given['checkpoint'] == str(folder / 'fan.pth')
    assert {name: given[name] for name in expected} == expected


@pytest.mark.parametrize('more, host, port', [
    ([], '127.0.0.1', 8000), (['--host', '0.0.0.0'], '0.0.0.0', 8000),
    (['--port', '9'], '127.0.0.1', 9), (['--host', '::1', '--port', '0'], '::1', 0)])
def test_address_of_the_page(more, host, port, folder, monkeypatch):
    given = intercept(monkeypatch, webcam, 'LivePage')
    with pytest.raises(Reached):
        main(words(folder, '--video', folder / 'face.mp4', *more))
    assert (given['host'], given['port']) == (host, port) and 'fan.py' in given['title']


def test_settings_of_faces_come_from_a_file_and_flags(folder, tmp_path, monkeypatch):
    (tmp_path / 'faces.py').write_text(
        'faces = dict(tracking=dict(confirm=3, detect_every=2), geometry=dict(size_px=96))')
    given = intercept(monkeypatch, webcam, 'FacePipeline')
    with pytest.raises(Reached):
        main(words(folder, '--video', 'x.mp4', '--faces-config', tmp_path / 'faces.py',
                   '--detect-every', '4', '--min-size', '30'))
    assert given['settings'] == without_delay(FaceSettings.from_dict(dict(
        detector=dict(type='precomputed', path=str(folder / 'boxes')),
        tracking=dict(confirm=3, detect_every=4), quality=dict(min_size_px=30.),
        geometry=dict(kind='box', size_px=48))))


def test_mixed_precision_is_near_the_full_one(folder, capsys):
    answers = []
    for more in ([], ['--amp']):
        assert main(words(folder, '--video', folder / 'face.mp4', '--no-page', '--json',
                          '--stride', '13', *more)) == 0
        answers.append([list(json.loads(line)['probabilities'].values())
                        for line in capsys.readouterr().out.splitlines()])
    full, half = np.array(answers)
    assert full.shape == (4, 3) and not np.array_equal(full, half)
    np.testing.assert_allclose(half, full, **BFLOAT16)


def test_in_real_time_frames_are_dropped_and_counted(folder, capsys, monkeypatch):
    slow = webcam.answer_live

    def slowly(frames, *args):
        for live in slow(frames, *args):
            time.sleep(.2)
            yield live

    monkeypatch.setattr(webcam, 'answer_live', slowly)
    assert main(words(folder, '--video', folder / 'face.mp4', '--realtime', '--no-page', '--json',
                      '--stride', '1')) == 0
    text = capsys.readouterr()
    numbers = [json.loads(line)['frame'] for line in text.out.splitlines()]
    last = text.err.strip().splitlines()[-1]
    dropped = int(last.split(' dropped')[0].split(', ')[-1])
    assert dropped > 10 and len(numbers) + dropped == FRAMES
    assert numbers == sorted(set(numbers)) and numbers[-1] == FRAMES
    assert last.startswith(f'{len(numbers)} of 40 frames, {dropped} dropped, ')


def lose_camera(monkeypatch, path):
    capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, 'VideoCapture', lambda number: capture(str(path)))


def test_a_lost_camera_is_an_error_and_its_answers_are_kept(folder, tmp_path, monkeypatch, capsys):
    lose_camera(monkeypatch, folder / 'face.mp4')
    out = tmp_path / 'answers.csv'
    assert main(words(folder, '--camera', '3', '--no-page', '--out', out)) == 1
    assert 'MediaError: camera 3 gives no more frames after 40; it was' in capsys.readouterr().err
    assert rows_of(out)[-1]['id'] == '1'


def test_ctrl_c_ends_it_and_answers_are_kept(folder, tmp_path, monkeypatch, capsys):
    plain = webcam.answer_live

    def interrupted(*args):
        for live in plain(*args):
            yield live
            if live.faces.frame.number == 12:
                raise KeyboardInterrupt

    monkeypatch.setattr(webcam, 'answer_live', interrupted)
    out = tmp_path / 'answers.csv'
    assert main(words(folder, '--video', folder / 'face.mp4', '--port', '0', '--out', out)) == 0
    assert [row['frame'] for row in rows_of(out)] == ['1', '6', '11']
    error = capsys.readouterr().err
    assert 'watch at http://127.0.0.1:' in error and '12 of 40 frames' in error


def test_a_damaged_video_is_an_error_and_its_answers_are_kept(folder, tmp_path, capsys):
    whole = folder / 'face.mp4'
    boxes = tmp_path / 'boxes'
    write_boxes(boxes / 'cut.csv', 40)
    path, out = tmp_path / 'cut.avi', tmp_path / 'answers.csv'
    capture = cv2.VideoCapture(str(whole))
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (160, 120))
    for _ in range(FRAMES):
        writer.write(capture.read()[1])
    writer.release()
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    arguments = words(folder, '--video', path, '--no-page', '--out', out)
    arguments[arguments.index('--detector-options') + 1] = f'path={boxes}'
    assert main(arguments) == 1
    assert 'MediaError' in capsys.readouterr().err and len(rows_of(out)) >= 2


@pytest.mark.parametrize('more, message', [
    (['--realtime'], '--realtime goes with --video'),
    (['--no-page'], '--no-page leaves nothing that comes out'),
    (['--no-page', '--json', '--host', '0.0.0.0'], '--host and --port are of the page'),
    (['--no-page', '--json', '--port', '0'], '--host and --port are of the page'),
    (['--out', 'answers.txt'], 'name it *.csv'),
    (['--camera', '0', '--video', 'a.mp4'], 'not allowed with argument'),
])
def test_arguments_that_contradict_each_other(more, message, folder, capsys):
    with pytest.raises(SystemExit):
        main(words(folder, *more))
    assert message in capsys.readouterr().err


@pytest.mark.parametrize('more, message', [
    (['--video', 'none.mp4', '--no-page', '--json'], 'none.mp4 does not exist'),
    (['--video', 'x.mp4', '--window', '0', '--json'], 'window=0: must be at least 1'),
    (['--video', 'x.mp4', '--port', '70000'], 'cannot be served at 127.0.0.1:70000'),
    (['--video', 'x.mp4', '--cfg-options', 'test_dataloader.dataset.pipeline.0.type=RandomSample'],
     'ConfigError: RandomSample in the test pipeline samples frames at random'),
    (['--video', 'x.mp4', '--import', 'no_such_module', '--json'], 'no_such_module'),
])
def test_bad_input_is_one_line(more, message, folder, capsys):
    assert main(words(folder, *more)) == 1
    error = capsys.readouterr().err
    assert message in error and 'Traceback' not in error


@pytest.fixture
def running(folder):
    """The tool in a process of its own, on a video of 20 s in real time."""
    write_video(folder / 'long.mp4', 500)
    (folder / 'long.csv').unlink(missing_ok=True)
    process = subprocess.Popen(
        [sys.executable, 'tools/webcam.py', *words(
            folder, '--video', folder / 'long.mp4', '--realtime', '--port', '0', '--stride', '1',
            '--json', '--out', folder / 'long.csv')],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def test_page_shows_boxes_and_bars_until_ctrl_c(running, folder):
    address = ''
    while not address.startswith('http://127.0.0.1:'):
        line = running.stderr.readline()
        assert line, 'the tool has ended'
        address = line.strip().removeprefix('watch at ')
    assert 'fan.py' in urllib.request.urlopen(address, timeout=60).read().decode()
    with urllib.request.urlopen(f'{address}stream', timeout=60) as stream:
        length = [stream.readline() for _ in range(4)][2]
        picture = cv2.imdecode(np.frombuffer(stream.read(int(length.split(b':')[1])), np.uint8),
                               cv2.IMREAD_COLOR)
    assert picture.shape[0] > 120 and picture.shape[1] > 160
    first = json.loads(running.stdout.readline())
    assert first['probabilities'].keys() == set(CLASSES)
    running.send_signal(signal.SIGINT)
    _, error = running.communicate(timeout=60)
    assert running.returncode == 0 and 'Traceback' not in error
    assert 'of 500 frames' in error and rows_of(folder / 'long.csv')


@pytest.mark.slow
def test_whoever_reads_the_lines_may_stop(running):
    running.stdout.readline()
    running.stdout.close()
    assert running.wait(timeout=60) == 0
    assert 'Traceback' not in running.stderr.read()


@pytest.mark.parametrize('end', [KeyboardInterrupt, BrokenPipeError])
def test_what_a_line_tells_is_recorded_before(tmp_path, monkeypatch, end):
    def stop(*_, **__):
        raise end

    monkeypatch.setattr('builtins.print', stop)
    with open_record(tmp_path / 'answers.csv', CLASSES) as record:
        outputs = webcam.Outputs(CLASSES, LiveStatus(None, None), None, record, lines=True)
        with pytest.raises(end):
            outputs.take(make_live(make_answer()))
    assert len(rows_of(tmp_path / 'answers.csv')) == 1


@pytest.mark.slow
def test_being_told_to_end_keeps_the_answers(running, folder):
    running.stdout.readline()
    running.terminate()
    _, error = running.communicate(timeout=60)
    assert running.returncode == 0 and 'Traceback' not in error
    assert rows_of(folder / 'long.csv')
