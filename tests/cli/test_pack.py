from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time

import cv2
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import pack, plot
from mmfer.evaluation import read_predictions
from mmfer.storage.index import INDEX
from mmfer.storage.opening import JOURNAL

from .conftest import CLASSES, FAN, ROOT


@pytest.fixture(params=['tar', 'lmdb'])
def kind(request):
    pytest.importorskip('lmdb')
    return request.param


@pytest.fixture
def packed(corpus, tmp_path):
    def packed(kind):
        assert pack.main([str(corpus / 'annotations.json'), '--root', str(corpus / 'frames'),
                          '--out', str(tmp_path / kind), '--format', kind]) == 0
        return tmp_path / kind

    return packed


def test_packs_verifies_and_unpacks(corpus, tmp_path, capsys, kind, packed):
    out = packed(kind)
    printed = capsys.readouterr()
    count = sum(row['num_frames'] for row in
                read_annotations(corpus / 'annotations.json').rows)
    assert f'{count} files' in printed.out and 'every SHA-256 is that of the source' in printed.out
    assert re.search(rf'packed {count} of {count} files, .*MB/s', printed.err)
    assert f'verified {count} of {count}' in printed.err
    assert pack.main(['--verify', str(out), '--root', str(corpus / 'frames')]) == 0
    assert f'{count} files, all as the index says and as in' in capsys.readouterr().out
    assert packed(kind) == out
    assert 'holds these files already' in capsys.readouterr().out
    back = tmp_path / 'back'
    assert pack.main(['--unpack', str(out), '--out', str(back)]) == 0
    originals = sorted((corpus / 'frames').rglob('*.jpg'))
    assert len(originals) == count == len(list(back.rglob('*.*')))
    for path in originals:
        assert (back / path.relative_to(corpus / 'frames')).read_bytes() == path.read_bytes()


def test_verify_tells_each_damaged_file(corpus, capsys, packed):
    out = packed('tar')
    names = ['S000_0/000002.jpg', 'S003_1/000001.jpg']
    for name in names:
        shard, content = out / 'shard-000000.tar', (corpus / 'frames' / name).read_bytes()
        data = shard.read_bytes()
        shard.write_bytes(data.replace(content, content[:-1] + b'x'))
    capsys.readouterr()
    assert pack.main(['--verify', str(out)]) == 1
    printed = capsys.readouterr().out.splitlines()
    assert [line.split(': ')[1] for line in printed[:2]] == [f'{name} is damaged' for name in names]
    assert printed[2:] == [f'{out}: 2 problems']


@pytest.mark.parametrize('words, problem', [
    ([], 'ANNOTATIONS is missing'),
    (['a.json', '--root', 'b', '--out', 'c'], '--format is missing'),
    (['a.json', '--verify', 'b'], 'ANNOTATIONS does not go with --verify'),
    (['--verify', 'b', '--jobs', '2'], '--jobs does not go with --verify'),
    (['--unpack', 'b'], '--out is missing'),
    (['--unpack', 'b', '--out', 'c', '--root', 'd'], '--root does not go with --unpack'),
    (['--verify', 'b', '--unpack', 'c', '--out', 'd'], 'does not go with --verify'),
    (['a', '--root', 'b', '--out', 'c', '--format', 'lmdb', '--shard-size', '9'], '--shard-size'),
    (['a', '--root', 'b', '--out', 'c', '--format', 'tar', '--shard-size', '0'], '--shard-size'),
    (['a', '--root', 'b', '--out', 'c', '--format', 'tar', '--jobs', '0'], '--jobs is at least 1'),
])
def test_arguments_that_would_be_ignored_are_refused(capsys, words, problem):
    with pytest.raises(SystemExit) as stopped:
        pack.main(words)
    assert stopped.value.code == 2 and problem in capsys.readouterr().err


@pytest.mark.parametrize('words, problem', [
    (['--verify', 'absent'], 'StorageError: absent/index.sqlite does not exist'),
    (['--unpack', 'absent', '--out', 'x'], 'StorageError: absent/index.sqlite does not exist'),
    (['absent.json', '--root', '.', '--out', 'x', '--format', 'tar'], 'AnnotationError: absent'),
])
def test_bad_input_is_told(capsys, words, problem):
    assert pack.main(words) == 1
    assert problem in capsys.readouterr().err


def test_a_pack_is_not_its_own_source(corpus, capsys, packed):
    out = packed('tar')
    assert pack.main(['--verify', str(out), '--root', f'{out}/.']) == 1
    assert 'is the pack itself' in capsys.readouterr().err


def test_progress_of_a_log_and_of_a_terminal(monkeypatch):
    log = io.StringIO()
    monkeypatch.setattr(sys, 'stderr', log)
    progress = pack.Progress('packed', 4, 4_000_000)
    for size in (1_000_000, 3_000_000):
        progress(size)
    assert not log.getvalue()  # a log gets few lines
    assert progress.text(2.) == 'packed 2 of 4 files, 4 of 4 MB, 2 MB/s, 0 s left'
    progress.bytes = 1_000_000
    assert progress.text(2.) == 'packed 2 of 4 files, 1 of 4 MB, 0 MB/s, 6 s left'
    progress(0), progress(3_000_000)
    assert re.fullmatch(r'packed 4 of 4 files, 4 of 4 MB, \d+ MB/s, 0 s\n', log.getvalue())


@pytest.mark.slow
def test_interrupted_and_killed_commands_go_on(tmp_path, capsys):
    """A signal in the midst of packing, in a process of its own, then the same command again."""
    root, rows, frames = tmp_path / 'root', [], 20
    image = cv2.imencode('.jpg', cv2.imread(str(ROOT / 'docs/images/synthetic_faces.png')))[1]
    for clip in range(30):
        folder = root / f'c{clip:02d}'
        folder.mkdir(parents=True)
        (folder / '000001.jpg').write_bytes(image.tobytes())
        for frame in range(2, frames + 1):
            os.link(folder / '000001.jpg', folder / f'{frame:06d}.jpg')
        rows.append(dict(clip=folder.name, frames=folder.name, num_frames=frames, label=0))
    write_annotations(tmp_path / 'a.json', make_metainfo('tiny', CLASSES, rows), rows)
    out = tmp_path / 'out'
    words = [str(tmp_path / 'a.json'), '--root', str(root), '--out', str(out), '--format', 'tar',
             '--shard-size', '1']
    for number, status in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
        finished = len(list(out.glob('*.tar')))
        child = subprocess.Popen([sys.executable, 'tools/pack.py', *words], cwd=ROOT,
                                 stderr=subprocess.PIPE, text=True,
                                 # a shell that starts the tests in the background ignores it
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        while len(list(out.glob('*.tar'))) < finished + 3 and child.poll() is None:
            time.sleep(0.002)
        child.send_signal(number)
        told = child.communicate(timeout=60)[1]
        assert child.returncode == status, told
        assert number != signal.SIGINT or 'run the same command again' in told
        assert not (out / INDEX).exists() and (out / JOURNAL).exists()
    kept = {path.name: path.stat().st_ino for path in out.glob('*.tar')}
    assert 6 <= len(kept) < 30
    assert pack.main(words) == 0
    assert f'{30 * frames} files' in capsys.readouterr().out
    # what the killed process had recorded is kept; the last shard it renamed may not be
    assert sum((out / name).stat().st_ino == inode for name, inode in kept.items()) >= len(kept) - 2
    assert sorted(path.name for path in out.iterdir()) == [
        INDEX, *(f'shard-{number:06d}.tar' for number in range(30))]


@pytest.mark.slow
def test_training_from_a_pack(trained, run, options, tmp_path, packed, kind):
    """The same run from a pack has the same predictions to the last bit."""
    work, _ = trained
    moved = with_root(options, packed(kind))
    run('tools/train.py', FAN, '--work-dir', tmp_path / 'run', '--seed', 3, '--dump',
        tmp_path / 'predictions.parquet', '--cfg-options', *moved)
    check_same(work / 'predictions.parquet', tmp_path / 'predictions.parquet')
    run('tools/browse_dataset.py', FAN, '--out', tmp_path / 'sheets', '--number', 4,
        '--cfg-options', *moved)
    assert list((tmp_path / 'sheets').glob('*.png'))


def test_tests_and_draws_from_a_pack(corpus, trained, run, options, tmp_path):
    """``annotation.root`` alone is changed; packed by the command as a user calls it."""
    work, _ = trained
    run('tools/pack.py', corpus / 'annotations.json', '--root', corpus / 'frames', '--out',
        tmp_path / 'tar', '--format', 'tar', '--shard-size', '2e4', '--jobs', '2')
    assert len(list((tmp_path / 'tar').glob('*.tar'))) > 3
    dump = tmp_path / 'predictions.parquet'
    run('tools/test.py', FAN, work / 'epoch_2.pth', '--work-dir', tmp_path / 'work', '--dump', dump,
        '--cfg-options', *with_root(options, tmp_path / 'tar'))
    check_same(work / 'predictions.parquet', dump)
    for words in ([], ['--root', str(corpus / 'frames')]):
        assert plot.main(['attention', str(dump), '--num', '1', '--out',
                          str(tmp_path / f'figures{len(words)}'), *words]) == 0
    one, other = (next((tmp_path / f'figures{n}').glob('*.png')).read_bytes() for n in (0, 2))
    assert one == other


def with_root(options, root):
    return [f'annotation.root={root}' if word.startswith('annotation.root=') else word
            for word in options]


def check_same(before, after):
    before, after = read_predictions(before), read_predictions(after)
    for one, other in zip(before.rows, after.rows, strict=True):
        assert one.clip == other.clip and one.frames == other.frames
        assert one.scores.tolist() == other.scores.tolist()
