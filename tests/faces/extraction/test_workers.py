from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
import torch

from mmfer.errors import DetectorError
from mmfer.faces.extraction.job import Job
from mmfer.faces.extraction.workers import default_workers, extract_in_processes, visible_device
from mmfer.testing.marked_faces import moving_faces

from .conftest import clip_of, make_pipeline, make_settings, write_frames


@pytest.fixture
def clips(tmp_path):
    return [clip_of(write_frames(tmp_path / f'c{number}', moving_faces(3 + number)))
            for number in range(4)]


def job_of(layout, **detector):
    return Job(str(layout.out), make_settings(detector).to_dict(), make_pipeline().identity,
               ('mmfer.testing.marked_faces', ))


@pytest.mark.slow
def test_a_process_that_dies_costs_its_clip_alone(clips, layout):
    """Clip c1 brings down every process that touches it."""
    told = []
    outcomes = list(extract_in_processes(job_of(layout, crash_on='c1'), clips, 1,
                                         lambda clip, *counts: told.append((clip.name, *counts))))
    assert [(one.clip.name, one.frames) for one in outcomes] == [
        ('c0', 3), ('c1', 0), ('c2', 5), ('c3', 6)]
    assert 'ended with status 3' in outcomes[1].error
    assert [one.error is None for one in outcomes] == [True, False, True, True]
    totals = {name: sum(count for clip, count, _ in told if clip == name) for name, _, _ in told}
    assert totals == {'c0': 3, 'c2': 5, 'c3': 6}  # every frame was told of


@pytest.mark.slow
def test_two_processes_share_the_clips(clips, layout, tmp_path):
    log = tmp_path / 'log'
    outcomes = list(extract_in_processes(job_of(layout, log=str(log), delay_s=.05), clips, 2,
                                         lambda *_: None))
    assert sorted(one.clip.name for one in outcomes) == ['c0', 'c1', 'c2', 'c3']
    lines = log.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 3 + 4 + 5 + 6
    names = [line.split('\t')[0] for line in lines]
    assert names != sorted(names)  # side by side


@pytest.mark.slow
def test_what_stops_all_is_raised(clips, layout):
    with pytest.raises(DetectorError, match='least_px: 12 -> 20'):
        list(extract_in_processes(job_of(layout, least_px=20), clips, 2, lambda *_: None))


@pytest.mark.slow
def test_a_process_that_dies_at_once_stops_all(clips, layout, tmp_path, monkeypatch):
    (tmp_path / 'deadly.py').write_text(
        'import multiprocessing, os\nif multiprocessing.parent_process(): os._exit(7)\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    job = Job(str(layout.out), make_settings().to_dict(), make_pipeline().identity, ('deadly', ))
    with pytest.raises(DetectorError, match='ended with status 7 before it had built'):
        list(extract_in_processes(job, clips, 2, lambda *_: None))


@pytest.mark.slow
def test_closing_ends_the_processes(clips, layout, tmp_path):
    log = tmp_path / 'log'
    job = job_of(layout, log=str(log), delay_s=.3)
    outcomes = extract_in_processes(job, clips, 2, lambda *_: None)
    next(outcomes)
    outcomes.close()
    size = log.stat().st_size
    time.sleep(1)
    assert log.stat().st_size == size


PARENT = """
import sys
from mmfer.faces.extraction.job import Job
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.workers import extract_in_processes
import mmfer.testing.marked_faces
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
if __name__ == '__main__':
    out, folder, log = sys.argv[1:]
    settings = FaceSettings.from_dict(dict(detector=dict(type='marked', log=log, delay_s=.2)))
    job = Job(out, settings.to_dict(), FacePipeline(settings).identity,
              ('mmfer.testing.marked_faces', ))
    list(extract_in_processes(job, [Clip('c', folder, 'folder', 1)], 1, lambda *_: None))
"""


@pytest.mark.slow
def test_processes_end_with_the_one_that_started_them(tmp_path, layout):
    folder, log = write_frames(tmp_path / 'f', moving_faces(100)), tmp_path / 'log'
    script = tmp_path / 'parent.py'
    script.write_text(PARENT)
    with subprocess.Popen([sys.executable, str(script), str(layout.out), str(folder), str(log)],
                          env={**os.environ, 'PYTHONPATH': os.getcwd()}) as parent:
        while not log.exists() and parent.poll() is None:
            time.sleep(.05)
        parent.kill()
    time.sleep(1)
    size = log.stat().st_size
    time.sleep(1)
    assert log.stat().st_size == size < len('c\t100\n') * 100


@pytest.mark.parametrize('visible, count, devices', [
    (None, 0, [None] * 3), (None, 1, [None] * 3), ('2', 1, [None] * 3),
    (None, 2, ['0', '1', '0']), ('3, 5', 2, ['3', '5', '3']),
    ('GPU-a,GPU-b,GPU-c', 3, ['GPU-a', 'GPU-b', 'GPU-c'])])
def test_devices_are_used_in_turn(visible, count, devices):
    assert [visible_device(number, visible, count) for number in range(3)] == devices


@pytest.mark.parametrize('device, gpus, workers', [
    ('cpu', 0, 16), ('cpu', 2, 16), ('cuda', 1, 1), ('cuda', 4, 4), ('cuda:1', 4, 1),
    ('mps', 0, 1)])
def test_one_process_for_each_core_or_gpu(monkeypatch, device, gpus, workers):
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: gpus)
    assert default_workers(device, 16) == workers


TELLING = """
import os
from mmfer.registry import FACE_DETECTORS
from mmfer.testing.marked_faces import MarkedFaceDetector
@FACE_DETECTORS.register_module(name='telling', force=True)
class Telling(MarkedFaceDetector):
    def for_clip(self, clip):
        with open(os.environ['MMFER_TEST_LOG'], 'a') as file:
            file.write(os.environ.get('CUDA_VISIBLE_DEVICES', 'all') + ' ')
        return super().for_clip(clip)
"""


@pytest.mark.slow
@pytest.mark.parametrize('device, seen', [('cuda', {'0', '1'}), ('cuda:1', {'all'})])
def test_processes_see_the_gpu_that_they_are_to_use(clips, layout, tmp_path, monkeypatch, device,
                                                    seen):
    """Two GPUs, of which only this process's torch is told."""
    (tmp_path / 'telling.py').write_text(TELLING)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv('MMFER_TEST_LOG', str(tmp_path / 'log'))
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    monkeypatch.setattr(torch.cuda, 'device_count', lambda: 2)
    job = Job(str(layout.out), make_settings({'type': 'telling', 'delay_s': .2}).to_dict(),
              make_pipeline().identity, ('telling', ), device)
    outcomes = list(extract_in_processes(job, clips, 2, lambda *_: None))
    assert [one.error for one in outcomes] == [None] * 4
    assert set((tmp_path / 'log').read_text().split()) == seen
