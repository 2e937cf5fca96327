from __future__ import annotations

import json
import os

import pytest

from mmfer.errors import LedgerError
from mmfer.faces.extraction.checkpoint import Checkpoint, write_checkpoint
from mmfer.faces.extraction.clip import extract_clip
from mmfer.faces.extraction.merging import merge
from mmfer.faces.extraction.status import (
    check_settings,
    clip_metadata,
    clip_state,
    find_metadata,
    read_settings,
    settings_changes,
    write_if_changed,
    write_settings,
)
from mmfer.faces.ledger import ledger_metadata, write_ledger
from mmfer.testing.marked_faces import moving_faces

from .conftest import clip_of, make_pipeline, tree, write_frames

OLD = {'geometry': {'kind': 'chip', 'size_px': 224}, 'people': 'main'}
NEW = {'geometry': {'kind': 'eyes', 'size_px': 224}, 'people': 'all'}


@pytest.fixture
def extracted(tmp_path, layout):
    pipeline = make_pipeline()
    clip = clip_of(write_frames(tmp_path / 'f', moving_faces(3)))
    write_settings(layout, pipeline.identity, overwrite=False)
    extract_clip(clip, layout, pipeline)
    return clip, pipeline


def test_states_of_a_clip(extracted, layout, tmp_path):
    clip, pipeline = extracted
    assert clip_state(clip, layout, pipeline.settings_hash) == 'done'
    os.utime(tmp_path / 'f' / '001.png', ns=(0, 0))
    assert clip_state(clip, layout, pipeline.settings_hash) == 'done'
    write_frames(tmp_path / 'f', moving_faces(3, seed=1))
    assert clip_state(clip, layout, pipeline.settings_hash) == 'changed'
    layout.ledger('f').unlink()
    assert clip_state(clip, layout, pipeline.settings_hash) == 'new'
    layout.unfinished('f').mkdir(parents=True)
    write_checkpoint(layout.unfinished('f'), Checkpoint(7, {}, {}))
    assert clip_state(clip, layout, pipeline.settings_hash) == 'begun'


def test_a_ledger_that_says_nothing_of_this_extraction_is_unusable(extracted, layout):
    clip, pipeline = extracted
    ledger = layout.ledger('f')
    assert clip_state(clip, layout, '0' * 64) == 'unusable'
    for content in (b'', ledger.read_bytes()[:100]):
        ledger.write_bytes(content)
        assert clip_state(clip, layout, pipeline.settings_hash) == 'unusable'
    write_ledger(ledger, [], ledger_metadata({}, None))
    assert clip_state(clip, layout, pipeline.settings_hash) == 'unusable'


def test_a_ledger_of_something_else_is_told(tmp_path):
    assert clip_metadata(tmp_path / 'absent.parquet') is None
    write_ledger(tmp_path / 'l.parquet', [], ledger_metadata({}, None))
    with pytest.raises(LedgerError, match='not of an extraction'):
        clip_metadata(tmp_path / 'l.parquet')
    assert find_metadata(tmp_path / 'l.parquet') is find_metadata(tmp_path / 'absent') is None


def test_settings_are_written_once(layout):
    write_settings(layout, OLD, overwrite=False)
    content = json.loads(layout.settings.read_text())
    assert content['settings'] == read_settings(layout) == OLD and len(content['hash']) == 64
    before = layout.settings.stat().st_mtime_ns
    write_settings(layout, OLD, overwrite=True)
    assert layout.settings.stat().st_mtime_ns == before


def test_other_settings_are_refused_with_each_difference(layout):
    write_settings(layout, OLD, overwrite=False)
    with pytest.raises(LedgerError) as told:
        write_settings(layout, NEW, overwrite=False)
    assert "geometry.kind: 'chip' -> 'eyes'" in str(told.value)
    assert "people: 'main' -> 'all'" in str(told.value) and 'size_px' not in str(told.value)
    assert '--out' in str(told.value) and '--overwrite' in str(told.value)
    check_settings(layout, OLD)


def test_overwriting_removes_what_old_settings_made(extracted, layout):
    own = layout.out / 'notes.txt'
    own.write_text("the user's own")
    layout.failures.write_text('[]')
    layout.merged.write_text('old')
    write_settings(layout, NEW, overwrite=True)
    assert set(tree(layout.out)) == {'faces.json', 'notes.txt'}
    assert settings_changes(layout, NEW) == []


@pytest.mark.parametrize('kill', [1, 2, 3, 4])
def test_killed_while_overwriting(extracted, layout, monkeypatch, kill):
    """The settings stay the old ones until all that they made is out of the way."""
    _, pipeline = extracted
    layout.merged.write_text('old')
    count = 0

    class Killed(BaseException):
        pass

    def rename(source, target, original=os.rename):
        nonlocal count
        count += 1
        if count == kill:
            raise Killed
        original(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, 'rename', rename)
        if kill <= 3:  # merged, ledgers, crops
            with pytest.raises(Killed):
                write_settings(layout, NEW, overwrite=True)
            assert settings_changes(layout, pipeline.identity) == []
            with pytest.raises(LedgerError):
                write_settings(layout, NEW, overwrite=False)
    write_settings(layout, NEW, overwrite=True)
    assert set(tree(layout.out)) == {'faces.json'}


def test_crops_without_settings_are_left_alone(layout):
    layout.crops('a').mkdir(parents=True)
    for overwrite in (False, True):
        with pytest.raises(LedgerError, match='crops exists, but not faces.json'):
            write_settings(layout, NEW, overwrite)


@pytest.mark.parametrize('content', ['', '[]', '{"settings": 3}', '{"settings": '])
def test_damaged_settings_are_told(layout, content):
    layout.out.mkdir()
    layout.settings.write_text(content)
    with pytest.raises(LedgerError, match=r'faces\.json'):
        write_settings(layout, NEW, overwrite=False)
    with pytest.raises(LedgerError, match=r'faces\.json'):
        merge(layout)
    write_settings(layout, NEW, overwrite=True)
    assert settings_changes(layout, NEW) == []


def test_a_file_with_the_same_content_is_not_touched(tmp_path):
    path = tmp_path / 'a' / 'f.json'
    write_if_changed(path, 'é\n')
    before = path.stat().st_mtime_ns
    write_if_changed(path, 'é\n')
    assert path.stat().st_mtime_ns == before
    write_if_changed(path, 'e\n')
    assert path.read_text() == 'e\n'
