from __future__ import annotations

import errno

import pytest

from mmfer.errors import ConfigError, DetectorError, StorageError
from mmfer.faces.extraction import job as job_module
from mmfer.faces.extraction.job import ClipExtractor, Job, import_modules
from mmfer.testing.marked_faces import moving_faces

from .conftest import clip_of, make_pipeline, make_settings, write_frames


@pytest.fixture
def job(layout):
    return job_of(layout)


def job_of(layout, **detector):
    return Job(str(layout.out), make_settings(detector).to_dict(), make_pipeline().identity,
               ('mmfer.testing.marked_faces', ))


@pytest.fixture
def clip(tmp_path):
    return clip_of(write_frames(tmp_path / 'f', moving_faces(3)))


def test_extracts_and_tells(job, clip, layout):
    told = []
    outcome = ClipExtractor(job)(clip, lambda *words: told.append(words))
    assert (outcome.clip, outcome.frames, outcome.error) == (clip, 3, None)
    assert told == [(1, 3)] * 3 and layout.ledger('f').exists()


def test_what_is_wrong_with_one_clip_is_its_outcome(job, clip, tmp_path):
    (tmp_path / 'f' / '002.png').write_bytes(b'')
    outcome = ClipExtractor(job)(clip)
    assert outcome.error.startswith('MediaError: ') and '002.png' in outcome.error


@pytest.mark.parametrize('error, reason', [
    (ZeroDivisionError('oops'), 'ZeroDivisionError: oops'),
    (MemoryError('big'), 'MemoryError: big'),
    (PermissionError(errno.EACCES, 'no', 'crops'), 'PermissionError: ')])
def test_a_defect_stops_one_clip_only(job, clip, monkeypatch, error, reason, capsys):
    def fail(*_):
        raise error

    monkeypatch.setattr(job_module, 'extract_clip', fail)
    assert ClipExtractor(job)(clip).error.startswith(reason)
    assert isinstance(error, OSError) or 'Traceback' in capsys.readouterr().err


def test_a_full_disk_stops_all(job, clip, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(job_module, 'extract_clip', fail)
    with pytest.raises(StorageError, match='No space left on device.*run the same command'):
        ClipExtractor(job)(clip)


def test_a_process_with_another_detector_is_refused(layout):
    with pytest.raises(DetectorError, match='detector.least_px: 12 -> 20.*same versions'):
        ClipExtractor(job_of(layout, least_px=20))


def test_modules_that_are_not_there(job):
    with pytest.raises(ConfigError, match='--import no.such: cannot be imported'):
        import_modules(('json', 'no.such'))
