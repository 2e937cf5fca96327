from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from mmfer.annotations import make_metainfo, write_annotations
from mmfer.cli import extract_faces
from mmfer.faces.extraction import runner
from mmfer.faces.extraction.job import ClipExtractor
from mmfer.faces.ledger import read_ledger
from mmfer.testing.marked_faces import MarkedFaceDetector, moving_faces, write_video

from ..faces.extraction.conftest import tree, write_frames
from .conftest import ROOT

DETECTOR = ['--detector', 'marked', '--import', 'mmfer.testing.marked_faces', '--size', '32',
            '--min-size', '10']


@pytest.fixture
def corpus(tmp_path):
    """Two videos, a folder of frames, a file that is no video and one that is broken."""
    root = tmp_path / 'in'
    write_video(root / 'S1' / 'vidéo 1.mp4', moving_faces(6))
    write_video(root / 'S2' / 'b.mp4', moving_faces(4, 2))
    write_frames(root / 'S2' / 'frames', moving_faces(3))
    (root / 'S2' / 'notes.txt').write_text('no video')
    (root / 'broken.mp4').write_bytes(b'')
    return root


@pytest.fixture
def extract(tmp_path, capsys):
    """Runs the command in this process; its status and what it printed."""
    def extract(*words, out='out', workers=True):
        more = ['--workers', '0'] if workers else []
        status = extract_faces.main([*map(str, words), '--out', str(tmp_path / out), *DETECTOR,
                                     *more])
        printed = capsys.readouterr()
        return status, printed.out + printed.err

    return extract


def test_a_folder(corpus, extract, tmp_path):
    status, printed = extract(corpus)
    assert status == 1  # one failed
    assert 'notes.txt: neither a video nor an image' in printed and '4 new' in printed
    assert '3 clips of 13 frames, 1 failed' in printed
    assert f'failed: broken ({corpus}/broken.mp4): MediaError: ' in printed
    assert '4 of 4 clips, 13 frames' in printed
    out = tmp_path / 'out'
    crops = {path.relative_to(out / 'crops').as_posix() for path in out.rglob('*.jpg')}
    assert crops == {*(f'S1/vidéo 1/{n:06d}.jpg' for n in range(1, 7)),
                     *(f'S2/b/{n:06d}.jpg' for n in range(1, 5)),
                     *(f'S2/frames/{n:06d}.jpg' for n in range(1, 4))}
    assert read_ledger(out / 'ledger.parquet').clips == ['S1/vidéo 1', 'S2/b', 'S2/frames']
    assert [one['clip'] for one in json.loads((out / 'failures.json').read_text())] == ['broken']
    settings = json.loads((out / 'faces.json').read_text())
    assert settings['hash'] == read_ledger(out / 'ledger.parquet').metadata['settings_hash']
    (corpus / 'broken.mp4').unlink()
    before = {path: path.stat().st_mtime_ns for path in out.rglob('*') if path.is_file()}
    status, printed = extract(corpus)
    assert '3 done before' in printed and 'new' not in printed
    after = {path: path.stat().st_mtime_ns for path in out.rglob('*') if path.is_file()}
    assert after == before


def test_a_hidden_file_that_is_named(extract, tmp_path):
    path = tmp_path / '.v.mp4'
    path.symlink_to(write_video(tmp_path / 'v.mp4', moving_faces(3)))
    status, printed = extract(path)
    assert status == 0 and '1 clips of 3 frames, 0 failed' in printed
    assert read_ledger(tmp_path / 'out' / 'ledger.parquet').clips == ['.v']


def test_other_settings_are_refused_or_replace(corpus, extract, tmp_path):
    (corpus / 'broken.mp4').unlink()
    assert extract(corpus)[0] == 0
    before = tree(tmp_path / 'out')
    status, printed = extract(corpus, '--people', 'all', '--dry-run')
    assert status == 1 and "people: 'main' -> 'all'" in printed and 'be refused' in printed
    status, printed = extract(corpus, '--people', 'all')
    assert status == 1 and 'LedgerError' in printed and "people: 'main' -> 'all'" in printed
    status, printed = extract(corpus, '--people', 'all', '--overwrite', '--dry-run')
    assert status == 0 and 'all clips there would be replaced; 3 clips to extract' in printed
    assert tree(tmp_path / 'out') == before
    assert extract(corpus, '--people', 'all', '--overwrite')[0] == 0
    assert (tmp_path / 'out/crops/S2/b/2').is_dir()
    assert not (tmp_path / 'out/crops/S2/b/000001.jpg').exists()


def test_a_dry_run_says_and_writes_nothing(corpus, extract, tmp_path):
    status, printed = extract(corpus, '--dry-run')
    assert status == 0 and not (tmp_path / 'out').exists()
    assert printed.count('would extract: ') == 4


def test_shards_make_the_same_as_one_run(corpus, extract, tmp_path):
    extract(corpus, out='whole')
    status, printed = extract(corpus, '--shard', '1/2', out='parts')
    assert 'shard 1 of 2 is done' in printed
    assert not (tmp_path / 'parts' / 'ledger.parquet').exists()
    extract(corpus, '--shard', '2/2', out='parts')  # the last one merges
    whole, parts = tree(tmp_path / 'whole'), tree(tmp_path / 'parts')
    assert {name: parts[name] for name in parts if name != 'failures.json'} == {
        name: whole[name] for name in whole if name != 'failures.json'}
    assert json.loads(parts['failures.json']) == json.loads(whole['failures.json'])
    (tmp_path / 'parts' / 'ledger.parquet').unlink()
    merged = extract_faces.main(['--merge', '--out', str(tmp_path / 'parts')])
    assert merged == 1  # a clip had failed
    assert (tmp_path / 'parts' / 'ledger.parquet').read_bytes() == whole['ledger.parquet']


def test_an_annotation_file(corpus, extract, tmp_path):
    rows = [dict(clip='x', frames='S2/b.mp4', num_frames=4, start_index=0, label=0)]
    path = tmp_path / 'annotations.json'
    write_annotations(path, make_metainfo('tiny', ['a'], rows), rows)
    status, printed = extract(path, '--root', corpus)
    assert status == 0 and [p.name for p in (tmp_path / 'out/crops/S2').iterdir()] == ['b']


@pytest.mark.parametrize('words, problem', [
    ([], '--out is missing'),
    (['--out', 'o'], 'INPUT is missing'),
    *((['--merge', '--out', 'o', *more], '--merge goes with --out and nothing else') for more in (
        ['a'], ['--dry-run'], ['--overwrite'], ['--workers', '2'], ['--size', '9'],
        ['--shard', '1/2'], ['--import', 'os'], ['--detector-options', 'a=1'])),
    (['a', '--out', 'o', '--root', 'r'], '--root goes with an annotation file'),
    (['a', '--out', 'o', '--workers', '-1'], '--workers is a number from 0'),
    (['a', '--out', 'o', '--workers', '1', '--ray', 'auto'], 'does not go with --ray'),
    (['a', '--out', 'o', '--ray-gpus', '1'], 'goes with --ray'),
    (['a', '--out', 'o', '--shard', '0/3'], '--shard is I/N'),
    (['a', '--out', 'o', '--shard', '4/3'], '--shard is I/N'),
    (['a', '--out', 'o', '--shard', 'x'], '--shard is I/N')])
def test_arguments_that_would_be_ignored_are_refused(capsys, words, problem):
    with pytest.raises(SystemExit) as stopped:
        extract_faces.main(words)
    assert stopped.value.code == 2 and problem in capsys.readouterr().err


@pytest.mark.parametrize('words, problem', [
    (['absent'], 'MediaError: absent does not exist'),
    (['.', '--import', 'no.such'], 'ConfigError: --import no.such'),
    (['.', '--config', 'absent.py'], 'ConfigError: absent.py'),
    (['.', '--detector', 'absent'], "ConfigError: there is no face detector 'absent'"),
    (['--merge'], 'LedgerError: out is no output of an extraction')])
def test_bad_input_is_told(capsys, tmp_path, monkeypatch, words, problem):
    monkeypatch.chdir(tmp_path)
    assert extract_faces.main([*words, '--out', 'out']) == 1
    assert problem in capsys.readouterr().err


def test_a_damaged_ledger_is_told_and_replaced_on_request(corpus, extract, tmp_path):
    (corpus / 'broken.mp4').unlink()
    extract(corpus)
    whole, ledger = tree(tmp_path / 'out'), tmp_path / 'out' / 'ledger' / 'S2' / 'b.parquet'
    ledger.write_bytes(ledger.read_bytes()[:-1])
    status, printed = extract(corpus)
    assert status == 1 and 'failed: S2/b ' in printed and '2 clips of 9 frames, 1 f' in printed
    status, printed = extract(corpus / 'S1', '--dry-run')  # of this one nothing is wrong
    assert status == 0
    status, printed = extract(corpus / 'S2' / 'frames')
    assert status == 1 and 'left out: S2/b: LedgerError: ' in printed
    status, printed = extract(corpus, '--overwrite')
    assert status == 0 and '1 with a ledger that is damaged' in printed
    assert tree(tmp_path / 'out' / 'ledger')['S2/b.parquet'] == whole['ledger/S2/b.parquet']


def test_an_output_that_cannot_be_written_is_told(extract, corpus, tmp_path):
    (tmp_path / 'out').write_text('a file')
    status, printed = extract(corpus)
    assert status == 1 and 'StorageError: ' in printed and 'out cannot be written' in printed


def test_a_disk_that_fills_up_is_told(extract, corpus, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(extract_faces, 'survey', full)
    status, printed = extract(corpus)
    assert status == 1 and 'StorageError: ' in printed and 'No space left' in printed


def test_detectors_are_listed(capsys):
    assert extract_faces.main(['--list-detectors', *DETECTOR[2:4]]) == 0
    printed = capsys.readouterr().out
    assert 'dlib' in printed and 'Finds whatever is not blue' in printed


def test_long_lists_are_cut(capsys, corpus, extract):
    for number in range(30):
        (corpus / f'{number:02d}.txt').touch()
    printed = extract(corpus, '--dry-run')[1]
    assert printed.count('skipped: ') == 21 and 'skipped: ... and 11 more' in printed


def command(corpus, out, *words):
    return [sys.executable, 'tools/extract_faces.py', str(corpus), '--out', str(out), *DETECTOR,
            *words]


def start(*words, **options):
    # a shell that starts the tests in the background ignores SIGINT
    return subprocess.Popen(command(*words), cwd=ROOT, stderr=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, text=True, start_new_session=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                            **options)


@pytest.mark.parametrize('workers', ['0', pytest.param('2', marks=pytest.mark.slow)])
def test_as_a_user_calls_it(corpus, extract, tmp_path, workers):
    (corpus / 'broken.mp4').unlink()
    with start(corpus, tmp_path / 'out', '--workers', workers) as child:
        told = child.communicate(timeout=300)[1]
    assert child.returncode == 0, told
    extract(corpus, out='here')
    assert tree(tmp_path / 'out') == tree(tmp_path / 'here')


@pytest.mark.slow
@pytest.mark.parametrize('number, status', [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_ends_cleanly(tmp_path, number, status):
    """Also where the terminal interrupts the workers too."""
    root, log = tmp_path / 'in', tmp_path / 'log'
    for clip in range(6):
        write_video(root / f'{clip}.mp4', moving_faces(30, seed=clip))
    options = ['--workers', '2', '--detector-options', f'log={log}', 'delay_s=.05']
    with start(root, tmp_path / 'out', *options) as child:
        while (not log.exists() or log.stat().st_size < 200) and child.poll() is None:
            time.sleep(.02)
        os.killpg(child.pid, number)
        told = child.communicate(timeout=60)[1]
    assert child.returncode == status, told
    assert 'run the same command again' in told and 'Traceback' not in told
    size = log.stat().st_size
    time.sleep(.5)
    assert log.stat().st_size == size


RATE_HZ, KILLS, WORKERS = 4, 20, 2
LONG = {'long0', 'long1'}
AT_MOST_S = 60


def write_long_and_short(root):
    """Two videos of six minutes, and short ones."""
    for number, clip in enumerate(sorted(LONG)):
        frames = moving_faces(1500, 2, seed=number)
        for start in range(100, 1400, 170):  # somebody is away now and then
            for frame in frames[start:start + 30]:
                frame[:, 64:] = frames[0][:1, :1]
        write_video(root / f'{clip}.mp4', frames, RATE_HZ)
    for clip in range(10):
        write_video(root / f'short{clip}.mp4', moving_faces(40, 1 + clip % 2, seed=clip), RATE_HZ)


@pytest.mark.slow
def test_killed_at_random_moments_the_bytes_are_the_same(run, tmp_path):
    """And no more is repeated than one clip for each worker, or a minute of a longer one."""
    write_long_and_short(tmp_path / 'in')
    log = tmp_path / 'log'
    settings = dict(folder=str(tmp_path), log=str(log), kills=KILLS, seed=0, words=[
        str(tmp_path / 'in'), *DETECTOR, '--workers', str(WORKERS), '--detector-options',
        f'log={log}', 'delay_s=.005'])
    path = tmp_path / 'settings.json'
    path.write_text(json.dumps(settings))
    result = json.loads(run(Path(__file__).with_name('kill_extraction.py'), path)
                        .stdout.splitlines()[-1])
    print(result)
    assert result['different'] == [] and result['files'] > 3400, result
    assert result['kills'] == KILLS
    assert all(len(repeated) <= WORKERS for repeated in result['repeats'])
    of_long = [count for repeated in result['repeats'] for clip, count in repeated.items()
               if clip in LONG]
    assert 0 < max(of_long) <= AT_MOST_S * RATE_HZ
    assert all(result['frames'][clip] == 1500 for clip in LONG)
    assert any(begin.get(clip, 1) > 1 for begin in result['begins'] for clip in LONG)  # went on


def test_frames_are_counted_whatever_runs_the_clips(corpus, extract, monkeypatch):
    def on_ray(job, clips, address, gpus):
        assert (address, gpus) == ('auto', .5)
        yield from map(ClipExtractor(job), clips)

    monkeypatch.setattr(runner, 'extract_on_ray', on_ray)
    printed = extract(corpus, '--ray', 'auto', '--ray-gpus', '.5', workers=False)[1]
    assert '4 of 4 clips, 13 frames, ' in printed and ' 0.0 frames/s' not in printed


@pytest.mark.parametrize('device, words, workers', [
    ('cpu', [], 16), ('cuda', [], 2), ('cuda', ['--workers', '5'], 5), ('cuda:1', [], 1)])
def test_as_many_processes_as_gpus(corpus, extract, monkeypatch, device, words, workers):
    def in_processes(job, clips, count, watch):
        assert (job.device, count) == (device, workers)
        yield from map(ClipExtractor(job), clips)

    monkeypatch.setattr(MarkedFaceDetector, 'device', device)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    monkeypatch.setattr(extract_faces, 'cores', lambda: 16)
    monkeypatch.setattr(runner, 'extract_in_processes', in_processes)
    assert '4 of 4 clips' in extract(corpus, *words, workers=False)[1]


@pytest.mark.slow
def test_on_ray(corpus, extract, tmp_path):
    ray = pytest.importorskip('ray')
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        status, printed = extract(corpus, '--ray', 'auto', workers=False)
    finally:
        ray.shutdown()
    assert status == 1 and '3 clips of 13 frames, 1 failed' in printed
    assert '4 of 4 clips, 13 frames, ' in printed and ' 0.0 frames/s' not in printed
    extract(corpus, out='here')
    whole, here = tree(tmp_path / 'out'), tree(tmp_path / 'here')
    assert whole == here
