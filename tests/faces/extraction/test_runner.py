from __future__ import annotations

import errno
import shutil

import pytest

from mmfer.errors import ConfigError, DetectorError
from mmfer.faces.extraction import clip as clip_module
from mmfer.faces.extraction import runner
from mmfer.faces.extraction.checkpoint import read_checkpoint
from mmfer.faces.extraction.job import Job
from mmfer.faces.extraction.locking import sole_use
from mmfer.faces.extraction.merging import merge
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.runner import Means, execute, survey
from mmfer.testing.marked_faces import moving_faces, write_video

from .conftest import clip_of, make_pipeline, make_settings, tree, write_frames

HERE = Means(workers=0)


@pytest.fixture
def clips(tmp_path):
    clips = [clip_of(write_frames(tmp_path / f'c{number}', moving_faces(2 + number)))
             for number in range(3)]
    bad = tmp_path / 'bad.mp4'
    bad.write_bytes(b'')
    return [clip_of(bad), *clips]


def job_of(layout):
    settings = make_settings()
    return Job(str(layout.out), settings.to_dict(), make_pipeline().identity)


def run(layout, clips, overwrite=False):
    """States that were found, clips that were told of, and those that failed, by id."""
    found, told = survey(clips, layout, make_pipeline().settings_hash, overwrite), []
    failures = execute(job_of(layout), found, HERE, lambda *_: None, told.append)
    return ({clip.name: state for clip, state in found.states.items()},
            [one.clip.name for one in told], {one.clip.name: one.error for one in failures})


def test_one_bad_clip_does_not_stop_the_rest(clips, layout):
    states, told, failures = run(layout, clips)
    assert states == dict.fromkeys(['bad', 'c0', 'c1', 'c2'], 'new')
    assert sorted(told) == ['bad', 'c0', 'c1', 'c2']
    assert list(failures) == ['bad'] and 'bad.mp4 is empty' in failures['bad']
    assert [one['clip'] for one in merge(layout).failures] == ['bad']


@pytest.mark.parametrize('length', [242, 250])
def test_a_name_of_any_length_does_not_stop_the_rest(clips, layout, tmp_path, length):
    """Up to 247 bytes it is taken; beyond them there would be no place for the ledger."""
    for content in (b'', (tmp_path / 'c0' / '001.png').read_bytes()):
        path = tmp_path / ('x' * length + '.png')
        path.write_bytes(content)
        long = Clip(path.stem, str(path), 'image', len(content))
        _, _, failures = run(layout, [long, *clips])
        assert set(failures) == ({'bad', long.name} if length > 247 or not content else {'bad'})
        assert length < 247 or 'its name is too long' in failures[long.name]
        assert {one['clip'] for one in merge(layout).failures} == set(failures)
    assert {name for name, _ in layout.finished()} == {
        'c0', 'c1', 'c2', *([long.name] if length < 247 else [])}


def test_a_clip_that_the_system_refuses_does_not_stop_the_rest(clips, layout, monkeypatch):
    def refuse(clip, *words, original=runner.clip_state):
        if clip.name == 'c1':
            raise OSError(errno.EIO, 'Input/output error', clip.path)
        return original(clip, *words)

    monkeypatch.setattr(runner, 'clip_state', refuse)
    states, _, failures = run(layout, clips)
    assert set(states) == {'bad', 'c0', 'c2'} and 'OSError: ' in failures['c1']


def test_again_touches_nothing(clips, layout):
    run(layout, clips)
    merge(layout)
    before = {path: path.stat() for path in layout.out.rglob('*')}
    states, told, failures = run(layout, clips)
    merge(layout)
    assert told == ['bad'] and list(failures) == ['bad']  # tried again
    assert states == {'bad': 'new', 'c0': 'done', 'c1': 'done', 'c2': 'done'}
    after = {path: path.stat() for path in layout.out.rglob('*')}
    work = {path for path in before if layout.work in [path, *path.parents]}
    assert after.keys() | work == before.keys() | work
    assert all(after[path].st_mtime_ns == before[path].st_mtime_ns and
               after[path].st_ino == before[path].st_ino for path in before
               if path not in work and path != layout.out)


def test_what_was_mended_is_no_failure_any_more(clips, layout, tmp_path):
    run(layout, clips)
    write_video(tmp_path / 'bad.mp4', moving_faces(4))
    _, told, failures = run(layout, clips)
    assert (told, failures) == (['bad'], {})
    assert merge(layout).failures == []


def test_what_a_killed_process_left_of_a_finished_clip_goes(clips, layout, monkeypatch):
    class Killed(BaseException):
        pass

    def rmtree(path, *words, original=shutil.rmtree, **options):
        if path == layout.unfinished('c1'):
            raise Killed
        original(path, *words, **options)

    monkeypatch.setattr(clip_module, 'EVERY_S', .04)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, 'rmtree', rmtree)
        with pytest.raises(Killed):
            run(layout, clips[2:3])
    assert layout.ledger('c1').exists() and layout.unfinished('c1').exists()
    assert read_checkpoint(layout.unfinished('c1')) is None
    with sole_use(layout.unfinished('c1')):  # of a process that has yet to remove it
        assert run(layout, clips[2:3])[0] == {'c1': 'done'}
        assert layout.unfinished('c1').exists()
    assert run(layout, clips[2:3])[0] == {'c1': 'done'}
    merge(layout)
    assert not layout.work.exists()


def test_a_changed_input_is_refused_or_replaced(clips, layout, tmp_path):
    run(layout, clips)
    write_frames(tmp_path / 'c1', moving_faces(5, seed=3))
    before = tree(layout.crops('c1'))
    states, told, failures = run(layout, clips)
    assert told == ['bad'] and 'c1' not in states
    assert 'not the input any more' in failures['c1'] and '--overwrite' in failures['c1']
    assert tree(layout.crops('c1')) == before
    states, told, failures = run(layout, clips, overwrite=True)
    assert states['c1'] == 'changed' and set(told) == {'bad', 'c1'}
    assert len(tree(layout.crops('c1'))) == 5 and list(failures) == ['bad']


def test_the_largest_clips_come_first(clips, layout):
    todo = survey(clips, layout, make_pipeline().settings_hash, False).todo
    assert [clip.size for clip in todo] == sorted((clip.size for clip in clips), reverse=True)


def test_surveys_change_nothing(clips, layout):
    found = survey(clips, layout, make_pipeline().settings_hash, False)
    assert found.counts() == {'new': 4} and not layout.out.exists()


def test_what_stops_all_is_raised(clips, layout):
    found = survey(clips, layout, '', False)
    job = Job(str(layout.out), make_settings({'least_px': 9}).to_dict(), make_pipeline().identity)
    with pytest.raises(DetectorError, match='least_px'):
        execute(job, found, HERE, lambda *_: None, lambda _: None)


@pytest.mark.parametrize('content', [b'', b'PAR1'])
def test_a_damaged_ledger_costs_its_clip_until_it_is_replaced(clips, layout, content):
    run(layout, clips)
    whole = {clip: merge(layout) and tree(layout.out)[f'ledger/{clip}.parquet']
             for clip in ('c0', 'c1', 'c2')}
    layout.ledger('c1').write_bytes(content)
    before = tree(layout.crops('c1'))
    states, told, failures = run(layout, clips)
    assert told == ['bad'] and 'c1' not in states and set(failures) == {'bad', 'c1'}
    assert 'c1.parquet is damaged' in failures['c1'] and '--overwrite' in failures['c1']
    merged = merge(layout)  # of the others
    assert [one['clip'] for one in merged.failures] == ['bad', 'c1'] and merged.clips == 2
    states, told, failures = run(layout, clips, overwrite=True)
    assert states['c1'] == 'unusable' and set(told) == {'bad', 'c1'} and set(failures) == {'bad'}
    assert layout.ledger('c1').read_bytes() == whole['c1'] and tree(layout.crops('c1')) == before
    assert merge(layout).clips == 3


@pytest.mark.parametrize('first, second', [('happy/c1', 'happy'), ('happy', 'happy/1')])
def test_crops_of_an_earlier_run_are_never_among_others(layout, tmp_path, first, second):
    one = clip_of(write_frames(tmp_path / 'one', moving_faces(3)), first)
    other = clip_of(write_frames(tmp_path / 'other', moving_faces(2)), second)
    run(layout, [one])
    before = tree(layout.out)
    with pytest.raises(ConfigError, match=f'other and .*{first}, which was extracted before'):
        run(layout, [other])
    assert tree(layout.out) == before
    assert run(layout, [one])[0] == {first: 'done'}
