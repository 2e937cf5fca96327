from __future__ import annotations

from mmfer.faces.extraction.layout import Layout


def test_paths_of_a_clip(tmp_path):
    layout = Layout(tmp_path)
    assert layout.crops('a/b.c') == tmp_path / 'crops/a/b.c'
    assert layout.ledger('a/b.c') == tmp_path / 'ledger/a/b.c.parquet'
    assert layout.merged == tmp_path / 'ledger.parquet'


def test_finished_clips_are_sorted_by_id(tmp_path):
    layout = Layout(tmp_path)
    assert list(layout.finished()) == [] and layout.failed() == []
    for clip in ('b', 'a/z é', 'a.parquet', 'a-b', '.d', 'a/.e'):
        layout.ledger(clip).parent.mkdir(parents=True, exist_ok=True)
        layout.ledger(clip).touch()
    (layout.ledgers / '.c.parquet.x1.tmp').touch()
    (layout.ledgers / '._a.parquet').touch()  # a desktop's
    assert [clip for clip, _ in layout.finished()] == [
        '.d', 'a-b', 'a.parquet', 'a/.e', 'a/z é', 'b']
    assert all(path == layout.ledger(clip) for clip, path in layout.finished())


def test_failures_have_files_of_their_own_whatever_a_clip_is_called(tmp_path):
    layout = Layout(tmp_path)
    clips = ['a', 'a.json/b', 'a/b', 'é' * 200]
    for clip in clips:
        layout.failure(clip).parent.mkdir(parents=True, exist_ok=True)
        layout.failure(clip).touch()
    assert layout.failed() == sorted(map(layout.failure, clips)) and len(layout.failed()) == 4
