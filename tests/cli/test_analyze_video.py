"""tools/analyze_video.py, as a user calls it."""
import errno
import json
import os
import re
import shutil
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope

import mmfer.models  # noqa: F401
from mmfer.apis import WindowSettings
from mmfer.cli.analysis_record import source_facts
from mmfer.cli.analyze_video import build_parser, main, names_of
from mmfer.configuration import load_config
from mmfer.errors import ConfigError, MediaError
from mmfer.faces.alignment import Geometry
from mmfer.faces.settings import FaceSettings
from mmfer.faces.tracking import TrackingSettings
from mmfer.registry import MODELS
from mmfer.testing import FLOAT32, fill_parameters
from mmfer.testing.marked_faces import GROUND, moving_faces, write_video

from .conftest import CLASSES, ROOT

CONFIG = 'configs/sa_tp/sa-tp_r18_unified.py'
SETTINGS = {'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4,
            'test_dataloader.dataset.pipeline.1.size': (64, 64)}
FRAMES = 'configs/cbam_blstm/r101_blstm_affwild2.py'
OF_FRAMES = {**SETTINGS, 'model.backbone.depth': 18, 'model.cls_head.hidden_channels': 8}
FACES = ['--import', 'mmfer.testing.marked_faces', '--detector', 'marked', '--size', '48',
         '--min-size', '1']
EVIL = '<script>alert(1)</script>&.mp4'


def words_of(folder, config, settings, classes=CLASSES):
    """Flags that name a config and a checkpoint of its model, the weights fixed."""
    cfg = load_config(ROOT / config, settings)
    init_default_scope('mmfer')
    named = {} if classes is None else dict(dataset_meta=dict(classes=list(classes)))
    torch.save(dict(state_dict=fill_parameters(MODELS.build(cfg.model)).state_dict(), meta=named),
               folder / 'model.pth')
    return ['--config', str(ROOT / config), '--checkpoint', str(folder / 'model.pth'), '--device',
            'cpu', '--cfg-options',
            *(f'{key}={value}'.replace(' ', '') for key, value in settings.items())]


@pytest.fixture(scope='module')
def model(tmp_path_factory):
    """Flags that name a small model of spatial attention and temporal softmax."""
    return words_of(tmp_path_factory.mktemp('model'), CONFIG, SETTINGS)


@pytest.fixture(scope='module')
def words(model):
    """The same with windows that suit short videos."""
    return [*model, '--window-frames', '12', '--stride-frames', '6']


@pytest.fixture
def folder(tmp_path):
    """Videos of two people, of one, of nobody, a damaged one and a file that is no video."""
    two = np.stack(moving_faces(30, people=2))
    two[26:, :, 64:] = GROUND
    write_video(tmp_path / 'two.mp4', two)
    write_video(tmp_path / 'nobody.mp4', [np.full((64, 64, 3), GROUND, np.uint8)] * 6)
    (tmp_path / 'text.mp4').write_text('no video')
    return tmp_path


def read(path):
    return json.loads(path.read_text(encoding='utf-8'))


def analyze(*given):
    return main([str(word) for word in given])


def test_everything_that_is_written(words, folder, capsys):
    """One bad video stops no other, and is named at the end."""
    assert analyze(folder / 'text.mp4', folder / 'two.mp4', folder / 'nobody.mp4', '--out',
                   folder / 'out', *FACES, *words) == 1
    printed, complaints = capsys.readouterr()
    assert 'text.mp4' in complaints and '1 of 3 videos failed' in complaints
    assert 'person 1' in printed and f'{folder / "out" / "nobody"}: nobody' in printed
    assert sorted(path.name for path in (folder / 'out').iterdir()) == ['nobody', 'two']
    out = folder / 'out' / 'two'
    record = read(out / 'analysis.json')
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ['analysis.json', *record['files']])
    assert record['frames'] == 30 and record['classes'] == list(CLASSES)
    first, second = record['people']
    assert first['coverage'] == 1 and second['last_frame'] == 26
    for person in record['people']:
        scores = person['answer']['probabilities']
        assert list(scores) == list(CLASSES) and sum(scores.values()) == pytest.approx(1, abs=1e-5)
        assert len(person['answer']['attention']['frame_weights']) == 16
        timeline = read(out / f'timeline_{person["id"]}.json')
        assert timeline['kind'] == 'windows'
        assert timeline['entries'][-1]['last_frame'] == person['last_frame']
        lines = (out / f'timeline_{person["id"]}.csv').read_text().splitlines()
        assert len(lines) == 1 + len(timeline['entries'])
    with av.open(str(out / 'annotated.mp4')) as container:
        times_s = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times_s, np.arange(30) / 25, atol=1e-3)
    page = (out / 'report.html').read_text(encoding='utf-8')
    # a timeline each, and 8 frames with the masks of two heads
    assert page.count('<img') == 2 * (1 + 8 * 3) and 'Person 2' in page
    assert 'Nobody was found' in (folder / 'out' / 'nobody' / 'report.html').read_text()


def keys_of(content):
    """Names of all that is in a file, but for classes and kinds of attention."""
    if isinstance(content, list):
        return {key for entry in content for key in keys_of(entry)}
    if not isinstance(content, dict):
        return set()
    return {*content}.union(*(keys_of(entry) for key, entry in content.items()
                              if key not in ('probabilities', 'attention')))


def test_all_that_is_written_is_documented(words, folder):
    docs = (ROOT / 'docs' / 'inference.md').read_text(encoding='utf-8')
    section = docs[docs.index('## What is written'):docs.index('## The same faces')]
    assert analyze(folder / 'two.mp4', '--out', folder / 'out', '--no-video', *FACES, *words) == 0
    out = folder / 'out' / 'two'
    columns = (out / 'timeline_1.csv').read_text().splitlines()[0].split(',')
    written = {*columns, *keys_of(read(out / 'analysis.json')),
               *keys_of(read(out / 'timeline_1.json'))}
    named = set(re.findall('`([a-z0-9_]+)`', section))
    assert 'changed_ns' in written and 'frame_weights' in written
    assert written - {*CLASSES, 'frame_weights'} == named


def test_every_flag_is_explained():
    assert [action.dest for action in build_parser()._actions if not action.help] == []


@pytest.mark.slow
def test_as_a_process_of_its_own(words, folder, run):
    done = run('tools/analyze_video.py', folder / 'text.mp4', folder / 'two.mp4', '--out',
               folder / 'out', *FACES, *words, code=1)
    assert 'text.mp4' in done.stderr and 'person 1' in done.stdout
    assert (folder / 'out' / 'two' / 'analysis.json').is_file()


def test_finished_videos_are_left_as_they_are(words, folder, capsys):
    given = [folder / 'two.mp4', '--out', folder / 'out', '--no-video', *FACES]
    assert analyze(*given, *words) == 0
    out = folder / 'out' / 'two'
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert 'annotated.mp4' not in before
    assert analyze(*given, *words) == 0
    assert 'nothing has changed' in capsys.readouterr().out
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    (out / 'timeline_1.csv').unlink()  # as of a run that was broken off
    assert analyze(*given, *words) == 0 and (out / 'timeline_1.csv').is_file()
    assert analyze(*given, '--min-coverage', '1', *words) == 0
    assert read(out / 'analysis.json')['made_of']['windows']['min_coverage'] == 1
    assert 'nothing has changed' not in capsys.readouterr().out


def test_a_run_that_is_broken_off_leaves_nothing_finished(words, folder, monkeypatch, capsys):
    """Settings A, then B broken off between tables and pictures, then A again."""
    first = [folder / 'two.mp4', '--out', folder / 'out', '--no-video', *FACES, *words]
    assert analyze(*first) == 0
    table = folder / 'out' / 'two' / 'timeline_1.csv'
    expected = table.read_text()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr('mmfer.cli.analyze_video.draw_pictures', interrupted)
        analyze(*first, '--window-frames', '20', '--stride-frames', '3')
    assert table.read_text() != expected and not (table.parent / 'analysis.json').exists()
    capsys.readouterr()
    assert analyze(*first) == 0 and 'nothing has changed' not in capsys.readouterr().out
    assert table.read_text() == expected


def test_files_of_an_earlier_run_do_not_stay(words, folder):
    """A second run without the video, in which the second person has too few crops."""
    given = [folder / 'two.mp4', '--out', folder / 'out', *FACES, *words]
    out = folder / 'out' / 'two'
    assert analyze(*given) == 0
    (out / 'mine.csv').write_text('notes')
    assert {'annotated.mp4', 'timeline_2.csv', 'timeline_2.json'} <= {
        path.name for path in out.iterdir()}
    assert analyze(*given, '--no-video', '--min-frames', '28') == 0
    assert sorted(path.name for path in out.iterdir()) == sorted(
        ['analysis.json', 'mine.csv', 'report.html', 'timeline_1.csv', 'timeline_1.json'])
    assert [person['answer'] is None for person in read(out / 'analysis.json')['people']] == [
        False, True]


def test_neither_the_input_nor_other_results_are_replaced(words, folder, capsys):
    (folder / 'frames').mkdir()
    for number, frame in enumerate(moving_faces(12), 1):
        assert cv2.imwrite(str(folder / 'frames' / f'{number:06d}.png'), frame[..., ::-1])
    before = sorted(folder.iterdir()), sorted((folder / 'frames').iterdir())
    assert analyze(folder / 'frames', '--out', folder, '--no-video', *FACES, *words) == 1
    assert 'ConfigError' in (said := capsys.readouterr().err) and 'another --out' in said
    assert (sorted(folder.iterdir()), sorted((folder / 'frames').iterdir())) == before
    out = folder / 'out' / 'frames'
    given = ['--out', folder / 'out', '--no-video', *FACES, *words]
    assert analyze(folder / 'frames', *given) == 0
    record = read(out / 'analysis.json')
    assert record['video'] == str(folder / 'frames')
    write_video(folder / 'frames.mp4', moving_faces(10))
    assert analyze(folder / 'frames.mp4', *given) == 1
    assert f'holds the results of {folder / "frames"}' in capsys.readouterr().err
    assert read(out / 'analysis.json') == record


def test_names_are_shown_as_text(words, folder):
    write_video(folder / 'a.mp4', moving_faces(12)).rename(folder / EVIL.replace('/', '∕'))
    assert analyze(folder / EVIL.replace('/', '∕'), '--out', folder / 'out', '--no-video', *FACES,
                   *words) == 0
    (report, ) = (folder / 'out').glob('*/report.html')
    page = report.read_text(encoding='utf-8')
    assert '<script' not in page and '&lt;script&gt;alert(1)&lt;∕script&gt;&amp;.mp4' in page


def test_settings_of_faces_from_a_config(words, folder):
    """They decide the results as flags do, and the detector is told as it was built."""
    config = folder / 'faces.py'
    config.write_text("faces = dict(detector=dict(type='marked', least_px=30), "
                      "geometry=dict(size_px=48), quality=dict(min_size_px=1))\n")
    given = [folder / 'two.mp4', '--no-video', '--import', 'mmfer.testing.marked_faces', *words]
    flags = ['--detector', 'marked', '--detector-options', 'least_px=30', '--size', '48',
             '--min-size', '1']
    assert analyze(*given, '--out', folder / 'a', '--faces-config', config) == 0
    assert analyze(*given, '--out', folder / 'b', *flags) == 0
    assert analyze(*given, '--out', folder / 'c', '--faces-config', config, '--size', '40') == 0
    by_config, by_flags, mixed = (read(folder / name / 'two' / 'analysis.json') for name in 'abc')
    assert by_config == by_flags and by_config['detector'] == 'marked'
    assert len(by_config['people']) == 1  # the other one is smaller
    assert mixed['people'] != by_config['people']
    assert mixed['made_of']['faces_hash'] != by_config['made_of']['faces_hash']
    page = (folder / 'a' / 'two' / 'report.html').read_text(encoding='utf-8')
    assert '<dt>Face detector</dt><dd>marked</dd>' in page and 'dlib' not in page


def test_crops_and_a_folder(words, tmp_path):
    for number, frame in enumerate(moving_faces(14, size=(48, 48)), start=3):
        (tmp_path / 'crops').mkdir(exist_ok=True)
        assert cv2.imwrite(str(tmp_path / 'crops' / f'{number:06d}.png'), frame[..., ::-1])
    assert analyze(tmp_path / 'crops', '--crops', '--rate-hz', '10', '--out', tmp_path / 'out',
                   *words) == 0
    record = read(tmp_path / 'out' / 'crops' / 'analysis.json')
    (person, ) = record['people']
    assert person['face_status'] == 'found*14' and person['first_frame'] == 3
    assert record['detector'] is None
    assert person['end_s'] == pytest.approx(1.5)
    with av.open(str(tmp_path / 'out' / 'crops' / 'annotated.mp4')) as container:
        times_s = [frame.time for frame in container.decode(video=0)]
    np.testing.assert_allclose(times_s, .2 + np.arange(14) / 10, atol=1e-3)


@pytest.mark.parametrize(('flags', 'place', 'expected'), [
    ([], 'built', dict(device=None, amp=False, frame_chunk=None, faces=FaceSettings(),
                       cfg_options={}, tta=False, classes=None)),
    ([], 'called', dict(crops=False, rate_hz=None, windows=WindowSettings(), min_frames=10)),
    (['--device', 'cuda:1'], 'built', dict(device='cuda:1')),
    (['--amp'], 'built', dict(amp=True)),
    (['--frame-chunk', '3'], 'built', dict(frame_chunk=3)),
    (['--tta'], 'built', dict(tta=True)),
    (['--classes', 'joy', 'fear'], 'built', dict(classes=['joy', 'fear'])),
    (['--cfg-options', 'a.b=3'], 'built', dict(cfg_options={'a.b': 3})),
    (['--faces-config', 'FACES'], 'built', dict(faces=FaceSettings(
        dict(type='marked'), geometry=Geometry(size_px=40)))),
    (['--faces-config', 'FACES', '--size', '48'], 'built', dict(faces=FaceSettings(
        dict(type='marked'), geometry=Geometry(size_px=48)))),
    (['--detect-every', '4'], 'built', dict(faces=FaceSettings(
        tracking=TrackingSettings(detect_every=4)))),
    (['--crops'], 'called', dict(crops=True)),
    (['--rate-hz', '12.5'], 'called', dict(rate_hz=12.5)),
    (['--min-frames', '7'], 'called', dict(min_frames=7)),
    (['--window-s', '3', '--min-coverage', '0.25'], 'called',
     dict(windows=WindowSettings(length_s=3., min_coverage=.25)))])
def test_flags_reach_the_inferencer(flags, place, expected, tmp_path, monkeypatch):
    """Each by its name, and none that is not given changes a default."""
    seen = {}

    class Inferencer:
        answers_frames, classes = False, CLASSES
        cfg = SimpleNamespace(config_name='a', config_hash='b')
        faces = SimpleNamespace(settings_hash='c')

        def __init__(self, config, checkpoint, **given):
            assert (config, checkpoint) == ('config.py', str(tmp_path / 'model.pth'))
            seen['built'] = given

        def __call__(self, video, **given):
            seen['called'] = given
            raise MediaError('enough is known')

    monkeypatch.setattr('mmfer.cli.analyze_video.ExpressionInferencer', Inferencer)
    (tmp_path / 'model.pth').write_bytes(b'weights')
    (tmp_path / 'frames').mkdir()
    (tmp_path / 'faces.py').write_text(
        "faces = dict(detector=dict(type='marked'), geometry=dict(size_px=40))\n")
    flags = [str(tmp_path / 'faces.py') if word == 'FACES' else word for word in flags]
    assert analyze(tmp_path / 'frames', '--config', 'config.py', '--checkpoint',
                   tmp_path / 'model.pth', '--out', tmp_path / 'out', *flags) == 1
    assert {name: seen[place][name] for name in expected} == expected


def answers_of(folder):
    """Probabilities of everybody who has an answer, and the record."""
    record = read(folder / 'two' / 'analysis.json')
    return np.array([list(person['answer']['probabilities'].values())
                     for person in record['people'] if person['answer'] is not None]), record


def test_precision_views_and_chunks_of_the_model(words, folder):
    """``--amp`` and ``--tta`` change the numbers a little, ``--frame-chunk`` by rounding alone."""
    def run(name, *flags):
        assert analyze(folder / 'two.mp4', '--out', folder / name, '--no-video', *FACES, *words,
                       *flags) == 0
        return answers_of(folder / name)

    plain, record = run('plain')
    for flag in ('--amp', '--tta'):
        other, changed = run(flag.strip('-'), flag)
        assert 0 < np.abs(other - plain).max() < .05
        assert changed['made_of'] != record['made_of']
    chunked, _ = run('chunked', '--frame-chunk', '3')
    np.testing.assert_allclose(chunked, plain, **FLOAT32)


def test_names_of_classes_and_people_without_an_answer(folder, tmp_path, capsys):
    """A checkpoint that does not say its classes; the second person has 27 crops."""
    words = [*words_of(tmp_path, CONFIG, SETTINGS, classes=None), '--window-frames', '12',
             '--stride-frames', '6']
    given = [folder / 'two.mp4', '--out', folder / 'out', '--no-video', *FACES, *words]
    assert analyze(*given) == 1 and '--classes' in capsys.readouterr().err
    names = [f'class {number}' for number in range(len(CLASSES))]
    for least, people in ((26, 2), (28, 1), (31, 0)):
        assert analyze(*given, '--min-frames', least, '--classes', *names) == 0
        answers, record = answers_of(folder / 'out')
        assert len(answers) == people and len(record['people']) == 2
        assert record['classes'] == names
    assert '2 without an answer' in capsys.readouterr().out
    assert analyze(*given, '--classes', 'joy', 'fear') == 1
    assert f'tells {len(CLASSES)} classes apart, but 2 are named' in capsys.readouterr().err


def test_models_of_frames_have_no_windows(folder, tmp_path, capsys):
    words = words_of(tmp_path, FRAMES, OF_FRAMES)
    given = [folder / 'two.mp4', '--out', folder / 'out', '--no-video', *FACES, *words]
    assert analyze(*given, '--min-coverage', '0.5') == 1
    assert 'so --min-coverage has no effect' in capsys.readouterr().err
    assert analyze(*given) == 0
    out = folder / 'out' / 'two'
    assert read(out / 'analysis.json')['made_of']['windows'] is None
    timeline = read(out / 'timeline_1.json')
    assert timeline['kind'] == 'frames' and len(timeline['entries']) == 30


def test_no_video_stops_another(words, folder, capsys, monkeypatch):
    """Whatever is wrong with one: the last one is analysed, and the exit status is 1."""
    write_video(folder / 'strip.mp4', [np.full((16, 1024, 3), GROUND, np.uint8)] * 3)
    write_video(folder / 'wide.mp4', [np.full((16, 17000, 3), GROUND, np.uint8)] * 3,
                codec='ffv1')
    for name in ('file', 'locked', 'defect', 'last'):
        shutil.copy(folder / 'nobody.mp4', folder / f'{name}.mp4')
    shutil.copy(folder / 'two.mp4', folder / os.fsdecode(b'caf\xe9.mp4'))
    (folder / 'out').mkdir()
    (folder / 'out' / 'file').write_text('text')
    wrong = {'locked': PermissionError(errno.EACCES, 'Permission denied'),
             'defect': ZeroDivisionError('by 0')}

    def facts(path):
        if path.stem in wrong:
            raise wrong[path.stem]
        return source_facts(path)

    monkeypatch.setattr('mmfer.cli.analyze_video.source_facts', facts)
    names = ['wide', 'strip', 'file', 'locked', 'defect', os.fsdecode(b'caf\xe9'), 'last']
    assert analyze(*(folder / f'{name}.mp4' for name in names), '--out', folder / 'out', *FACES,
                   *words) == 1
    printed, complaints = capsys.readouterr()
    printed.encode()  # as UTF-8
    said = complaints[complaints.index('4 of 7 videos failed:'):].splitlines()[1:]
    for line, expected in zip(said, (
            'wide.mp4: MediaError: ', 'file.mp4: ConfigError: ', 'locked.mp4: PermissionError: ',
            'defect.mp4: ZeroDivisionError: by 0'), strict=True):
        assert expected in line
    assert 'Traceback' in complaints and complaints.count('Traceback') == 1
    assert {path.name for path in (folder / 'out').iterdir() if (path / 'report.html').is_file()
            } == {'strip', os.fsdecode(b'caf\xe9'), 'last'}
    assert f'{folder / "out"}/caf\ufffd: person 1' in printed
    out = folder / 'out' / os.fsdecode(b'caf\xe9')
    assert read(out / 'analysis.json')['video'] == f'{folder}/caf\ufffd.mp4'
    assert read(out / 'timeline_1.json')['video'] == 'caf\ufffd.mp4'
    assert '<h1>caf\ufffd.mp4</h1>' in (out / 'report.html').read_text(encoding='utf-8')


def test_a_full_disk_stops_all(words, folder, capsys, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr('mmfer.cli.analyze_video.write_tables', full)
    assert analyze(folder / 'nobody.mp4', folder / 'two.mp4', '--out', folder / 'out', *FACES,
                   *words) == 1
    said = capsys.readouterr().err
    assert said.count('No space left') == 1 and 'StorageError' in said and 'again' in said


def test_the_encoder_is_checked_before_anything_is_analysed(words, folder, capsys, monkeypatch):
    monkeypatch.setattr('mmfer.visualization.video_writer._ENCODER', 'libx264_absent')
    given = [folder / 'nobody.mp4', '--out', folder / 'out', *FACES, *words]
    assert analyze(*given) == 1
    assert 'no H.264 encoder' in capsys.readouterr().err and not (folder / 'out').exists()
    assert analyze(*given, '--no-video') == 0


def test_two_videos_of_one_name_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="both called 'a'"):
        names_of(['x/a.mp4', 'y/a.avi'])
    (tmp_path / 'a.b').mkdir()
    assert list(names_of([str(tmp_path / 'a.b'), 'y/a.b.mp4', 'c.mp4'][::2])) == ['a.b', 'c']


def test_bad_settings_are_named(words, folder, capsys):
    assert analyze(folder / 'two.mp4', '--out', folder / 'out', '--detector', 'none', *words) == 1
    assert "no face detector 'none'" in capsys.readouterr().err
    assert analyze(folder / 'two.mp4', '--out', folder / 'out', '--import', 'no.such.module',
                   *words) == 1
    assert 'ConfigError: --import no.such.module: cannot be' in capsys.readouterr().err
    assert analyze(folder / 'gone.mp4', '--out', folder / 'out', *FACES, *words) == 1
    assert 'gone.mp4 does not exist' in capsys.readouterr().err


def test_a_chunk_is_refused_for_a_3d_trunk(tmp_path, capsys):
    settings = {'model.backbone.base_channels': 2, 'model.cls_head.in_channels': 64}
    config, checkpoint = ROOT / 'configs/mmaction/i3d_r50_generic.py', tmp_path / 'i3d.pth'
    init_default_scope('mmfer')
    model = MODELS.build(load_config(config, settings).model)
    torch.save(dict(state_dict=model.state_dict(),
                    meta=dict(dataset_meta=dict(classes=list(CLASSES)))), checkpoint)
    assert analyze(tmp_path / 'none.mp4', '--out', tmp_path, '--config', config, '--checkpoint',
                   checkpoint, '--device', 'cpu', '--frame-chunk', 8, '--cfg-options',
                   *(f'{key}={value}' for key, value in settings.items())) == 1
    error = capsys.readouterr().err
    assert '--frame-chunk 8: Recognizer3D does not encode a video frame by frame' in error
