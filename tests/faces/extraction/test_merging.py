from __future__ import annotations

import errno
import json
import shutil
from contextlib import nullcontext

import pytest

from mmfer import fileio
from mmfer.errors import StorageError
from mmfer.faces.extraction.clip import extract_clip
from mmfer.faces.extraction.job import Outcome
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.merging import forget_failure, merge, note_failure
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.status import write_settings
from mmfer.faces.ledger import read_ledger, writing
from mmfer.testing.marked_faces import moving_faces

from .conftest import clip_of, make_pipeline, write_frames

BAD = Clip('x/bad é', 'in/x/bad é.mp4', 'video', 3)


@pytest.fixture
def three(tmp_path, layout):
    pipeline = make_pipeline()
    for name, count in (('b', 3), ('a/c', 2), ('a', 4)):
        folder = write_frames(tmp_path / name.replace('/', '_'), moving_faces(count))
        extract_clip(clip_of(folder, name), layout, pipeline)
    return layout


def test_all_clips_in_the_order_of_their_ids(three):
    merged = merge(three)
    assert (merged.clips, merged.frames, merged.failures) == (3, 9, [])
    ledger = read_ledger(three.merged)
    assert ledger.table['clip'].to_pylist() == ['a'] * 4 + ['a/c'] * 2 + ['b'] * 3
    assert ledger.metadata['settings'] == read_ledger(three.ledger('b')).metadata['settings']
    assert not three.failures.exists() and not three.work.exists()


def test_nothing_is_touched_where_nothing_is_new(three, tmp_path):
    merge(three)
    before = three.merged.stat().st_mtime_ns
    merge(three)
    assert three.merged.stat().st_mtime_ns == before
    folder = write_frames(tmp_path / 'd', moving_faces(1))
    extract_clip(clip_of(folder), three, make_pipeline())
    assert merge(three).clips == 4
    assert read_ledger(three.merged).table['clip'].to_pylist()[-1] == 'd'


def test_a_damaged_one_is_written_anew(three):
    merge(three)
    content = three.merged.read_bytes()
    three.merged.write_bytes(content[:100])
    merge(three)
    assert three.merged.read_bytes() == content


def test_failures_are_listed_until_they_are_mended(three):
    note_failure(three, Outcome(BAD, error='MediaError: broken'))
    note_failure(three, Outcome(Clip('b2', 'in/b2.mp4', 'video', 0), error='why'))
    failures = merge(three).failures
    assert failures == json.loads(three.failures.read_text(encoding='utf-8')) == [
        {'clip': 'b2', 'input': 'in/b2.mp4', 'reason': 'why'},
        {'clip': 'x/bad é', 'input': 'in/x/bad é.mp4', 'reason': 'MediaError: broken'}]
    before = three.failures.stat().st_mtime_ns
    note_failure(three, Outcome(BAD, error='MediaError: broken'))
    merge(three)
    assert three.failures.stat().st_mtime_ns == before
    for clip in ('x/bad é', 'b2', 'never failed'):
        forget_failure(three, clip)
    assert merge(three).failures == []
    assert not three.failures.exists() and not three.work.exists()


def damage_inside(path):
    content = bytearray(path.read_bytes())
    content[8:300] = bytes(292)
    path.write_bytes(content)


@pytest.mark.parametrize('damage', [lambda path: path.write_bytes(b''), damage_inside])
def test_a_damaged_ledger_is_left_out_and_named(three, damage):
    merge(three)
    damage(three.ledger('a/c'))
    three.merged.unlink()
    merged = merge(three)
    assert (merged.clips, merged.frames) == (2, 7) and list(merged.unusable) == ['a/c']
    assert merged.failures == json.loads(three.failures.read_text()) == [
        {'clip': 'a/c', 'input': str(three.ledger('a/c')), 'reason': merged.unusable['a/c']}]
    assert 'a/c.parquet: ' in merged.unusable['a/c'] and 'delete it' in merged.unusable['a/c']
    assert read_ledger(three.merged).clips == ['a', 'b']
    note_failure(three, Outcome(Clip('a/c', 'in/a/c.mp4', 'video', 1), error='why'))
    assert [one['input'] for one in merge(three).failures] == ['in/a/c.mp4']  # once
    three.ledger('a').write_bytes(b'')
    three.ledger('b').write_bytes(b'')
    assert merge(three).clips == 0


def test_a_ledger_of_other_settings_is_left_out(three, tmp_path):
    other = Layout(tmp_path / 'other')
    write_settings(other, make_pipeline(people='all').identity, overwrite=False)
    shutil.copy(other.settings, three.settings)
    extract_clip(clip_of(write_frames(tmp_path / 'd', moving_faces(2))), three,
                 make_pipeline(people='all'))
    merged = merge(three)
    assert merged.clips == 1 and list(merged.unusable) == ['a', 'a/c', 'b']
    assert 'other settings than those in' in merged.unusable['a']


def test_an_empty_folder_holds_nothing(layout):
    assert merge(layout).clips == 0
    assert not layout.merged.exists()


def test_a_full_disk_is_told_as_such(three, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(fileio.tempfile, 'mkstemp', full)
    with pytest.raises(StorageError, match='out cannot be written .No space left'):
        merge(three)
    with pytest.raises(StorageError, match='out cannot be written .No space left'):
        note_failure(three, Outcome(BAD, error='why'))
    assert not three.merged.exists()


def test_a_disk_that_fills_up_while_rows_are_written_is_told_as_such(three, monkeypatch):
    """Parquet's own writer then says so, in the midst of a ledger that is read."""
    monkeypatch.setattr(writing, '_GROUP', 1)
    monkeypatch.setattr(writing, 'atomic_write', lambda _: nullcontext('/dev/full'))
    with pytest.raises(StorageError, match='out cannot be written'):
        merge(three)
