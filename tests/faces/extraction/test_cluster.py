"""On a Ray that runs on this machine alone."""
from __future__ import annotations

import os
import sys

import pytest

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.extraction.cluster import extract_on_ray
from mmfer.faces.extraction.job import ClipExtractor, Job
from mmfer.faces.extraction.layout import Layout
from mmfer.testing.marked_faces import moving_faces

from .conftest import clip_of, make_pipeline, make_settings, tree, write_frames


@pytest.fixture(scope='module')
def cluster():
    ray = pytest.importorskip('ray')
    os.environ['RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO'] = '0'
    ray.init(num_cpus=2, num_gpus=1, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def job_of(out, **detector):
    return Job(str(out), make_settings(detector).to_dict(), make_pipeline().identity,
               ('mmfer.testing.marked_faces', ))


@pytest.mark.slow
def test_tasks_give_what_a_process_gives(cluster, tmp_path):
    """Also where a clip fails, and one brings down its process."""
    clips = [clip_of(write_frames(tmp_path / f'c{number}', moving_faces(3 + number)))
             for number in range(5)]
    (tmp_path / 'bad.mp4').write_bytes(b'')
    clips.append(clip_of(tmp_path / 'bad.mp4'))
    outcomes = {one.clip.name: one for one in extract_on_ray(
        job_of(tmp_path / 'ray', crash_on='c3'), clips, 'auto')}
    assert {name: one.frames for name, one in outcomes.items()} == {
        'c0': 3, 'c1': 4, 'c2': 5, 'c3': 0, 'c4': 7, 'bad': 0}
    assert outcomes['c3'].error.startswith('WorkerCrashedError')
    assert outcomes['bad'].error.startswith('MediaError')
    extractor = ClipExtractor(job_of(tmp_path / 'here'))
    for clip in clips:
        if outcomes[clip.name].error is None:
            assert extractor(clip) == outcomes[clip.name]
            one, other = (tree(Layout(tmp_path / name).crops(clip.name)) for name in
                          ('ray', 'here'))
            assert one == other and one


@pytest.mark.slow
def test_shares_of_a_gpu_are_asked_for(cluster, tmp_path):
    clip = clip_of(write_frames(tmp_path / 'c', moving_faces(3)))
    assert [one.error for one in extract_on_ray(job_of(tmp_path / 'o'), [clip], 'auto', .5)] == [
        None]


@pytest.mark.slow
def test_what_stops_all_is_raised(cluster, tmp_path):
    clip = clip_of(write_frames(tmp_path / 'c', moving_faces(3)))
    with pytest.raises(DetectorError, match='least_px: 12 -> 20'):
        list(extract_on_ray(job_of(tmp_path / 'o', least_px=20), [clip], 'auto'))


def test_absent_ray_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, 'ray', None)
    with pytest.raises(ConfigError, match=r"pip install 'mmfer\[ray\]'"):
        list(extract_on_ray(job_of(tmp_path), [], 'auto'))


@pytest.mark.parametrize('address', ['127.0.0.1:1', 'ray://127.0.0.1:1', 'auto'])
def test_no_cluster_is_told(tmp_path, address):
    ray = pytest.importorskip('ray')
    if ray.is_initialized():
        ray.shutdown()
    with pytest.raises(ConfigError, match=f'--ray {address}: no cluster can be reached'):
        list(extract_on_ray(job_of(tmp_path), [], address))
