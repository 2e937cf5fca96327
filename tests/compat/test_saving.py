import pytest
import torch
from mmengine.runner import save_checkpoint


class Disk(Exception):
    pass


@pytest.fixture
def failing_save(monkeypatch):
    def save(obj, f, *args, **kwargs):
        f.write(b'half')
        raise Disk

    monkeypatch.setattr(torch, 'save', save)


def test_a_failed_write_keeps_the_old_file(tmp_path, failing_save):
    path = tmp_path / 'a.pth'
    path.write_bytes(b'old')
    with pytest.raises(Disk):
        save_checkpoint({}, str(path))
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


def test_runs_write_the_same_bytes(tmp_path):
    for name in ('a.pth', 'b.pth'):
        save_checkpoint({'x': torch.ones(3)}, str(tmp_path / name))
    assert (tmp_path / 'a.pth').read_bytes() == (tmp_path / 'b.pth').read_bytes()


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path):
    save_checkpoint({}, str(tmp_path / 'a.pth'))
    (tmp_path / 'link').hardlink_to(tmp_path / 'a.pth')
    save_checkpoint({'x': 1}, str(tmp_path / 'a.pth'))
    assert torch.load(tmp_path / 'link') == {}


@pytest.mark.slow
def test_bare_host_writes_into_the_old_file(host):
    done = host('import os, torch\nfrom mmengine.runner import save_checkpoint\n'
                'save_checkpoint({}, "a.pth")\nos.link("a.pth", "b.pth")\n'
                'save_checkpoint({"x": 1}, "a.pth")\nprint(torch.load("b.pth"))', mended=False)
    assert done.stdout.strip().endswith("{'x': 1}"), done.stderr


@pytest.mark.slow
def test_bare_host_cannot_resume(host):
    done = host('import torch\nfrom mmengine.logging import HistoryBuffer\n'
                'torch.save({"h": HistoryBuffer()}, "a.pth")\n'
                'from mmengine.runner.checkpoint import _load_checkpoint\n'
                '_load_checkpoint("a.pth")', mended=False)
    assert 'weights_only' in done.stderr
