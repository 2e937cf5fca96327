import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmfer.checkpoints import is_complete, load_checkpoint_file

ROOT = Path(__file__).resolve().parents[2]


def checkpoints(folder):
    return sorted(path.name for path in folder.glob('*.pth'))


@pytest.mark.parametrize('write', [1, 3])
def test_killed_while_writing(train, assert_same, tmp_path, write):
    killed = subprocess.run(
        [sys.executable, str(ROOT / 'tests/engine/toy_run.py'), str(tmp_path / 'run'),
         str(tmp_path / 'out.pth'), '--kill-in-save', str(write)],
        env={**os.environ, 'PYTHONPATH': str(ROOT)}, capture_output=True, text=True)
    assert killed.returncode == 9, killed.stderr[-2000:]
    assert list((tmp_path / 'run').glob('.*.tmp'))
    if write == 1:
        assert checkpoints(tmp_path / 'run') == []
    else:
        assert checkpoints(tmp_path / 'run') == ['epoch_2.pth']
        assert load_checkpoint_file(tmp_path / 'run/epoch_2.pth')['meta']['epoch'] == 2
    resumed = train('run', resume=True)
    assert_same(train('straight'), resumed)
    assert checkpoints(tmp_path / 'run') == ['epoch_4.pth']
    assert not list((tmp_path / 'run').glob('.*.tmp'))


def killed_before(monkeypatch, toy, method, when):
    """Makes ``method`` of the file back end end the run at its ``when``-th call."""
    from mmengine.fileio import LocalBackend
    calls = []

    def stop(self, path):
        calls.append(path)
        if len(calls) == when:
            raise toy.Killed
        os.remove(path)

    monkeypatch.setattr(LocalBackend, method, stop)
    return calls


def test_old_checkpoint_goes_only_after_the_new_one_is_there(monkeypatch, toy, train, tmp_path):
    killed_before(monkeypatch, toy, 'remove', 1)
    assert train('run') is None
    assert checkpoints(tmp_path / 'run') == ['epoch_1.pth', 'epoch_2.pth']
    assert (tmp_path / 'run/last_checkpoint').read_text().endswith('epoch_2.pth')
    monkeypatch.undo()
    # the resumed run still knows that the first one is outdated
    assert train('run', resume=True) is not None
    assert checkpoints(tmp_path / 'run') == ['epoch_4.pth']


def test_best_checkpoint_goes_only_after_a_better_one_is_there(monkeypatch, toy, train, tmp_path):
    scores = iter([0.1, 0.2, 0.3, 0.4])
    monkeypatch.setattr(toy.Accuracy, 'compute_metrics', lambda self, r: {'accuracy': next(scores)})
    seen = []
    save = toy.Runner.save_checkpoint

    def watch(self, out_dir, filename, *args, **kwargs):
        seen.append((filename, [is_complete(tmp_path / 'run' / name)
                                for name in checkpoints(tmp_path / 'run')
                                if name.startswith('best_')]))
        save(self, out_dir, filename, *args, **kwargs)

    monkeypatch.setattr(toy.Runner, 'save_checkpoint', watch)
    train('run', validate=True, save_best='accuracy')
    # whenever a best checkpoint was about to be written, the previous one was there
    assert [best for name, best in seen if name.startswith('best_')] == [[], [True], [True],
                                                                        [True]]
    assert checkpoints(tmp_path / 'run') == ['best_accuracy_epoch_4.pth', 'epoch_4.pth']


def test_keeps_as_many_as_asked(train, tmp_path):
    train('run', max_keep=2)
    assert checkpoints(tmp_path / 'run') == ['epoch_3.pth', 'epoch_4.pth']
    train('all', max_keep=-1)
    assert len(checkpoints(tmp_path / 'all')) == 4


def test_falls_back_to_the_newest_complete_checkpoint(train, assert_same, tmp_path):
    straight = train('straight')
    train('run', max_keep=3, kill_at=9)
    newest = tmp_path / 'run/epoch_3.pth'
    newest.write_bytes(newest.read_bytes()[:1000])
    assert_same(straight, train('run', resume=True, max_keep=3))


def test_warns_when_gradients_of_a_part_step_are_lost(monkeypatch, train):
    messages = []
    monkeypatch.setattr('mmfer.engine.atomic_checkpoint_hook.print_log',
                        lambda text, *args, **kwargs: messages.append(text))
    wrapper = dict(optimizer=dict(type='SGD', lr=0.1), accumulative_counts=2)
    train('run', wrapper=wrapper)
    assert len(messages) == 1 and 'accumulated towards a step' in messages[0]
    train('even', wrapper={**wrapper, 'accumulative_counts': 3})
    assert len(messages) == 1
