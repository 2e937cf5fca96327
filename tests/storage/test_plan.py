from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import MediaError, StorageError
from mmfer.storage import FolderStore
from mmfer.storage.frame_store import FrameStore
from mmfer.storage.plan import clip_files, clip_units, plan_shards, tar_bytes


class Sizes(FrameStore):
    """A store that knows sizes only."""

    read = exists = list = close = None  # type: ignore[assignment]

    def __init__(self, size: int = 1000) -> None:
        super().__init__('')
        self.size = size

    def stamp(self, path: str) -> tuple[int, str]:
        return self.size, 'x'


Sizes.__abstractmethods__ = frozenset()


@pytest.mark.parametrize('row, files', [
    (dict(frames='a/b', num_frames=3), ['a/b/000001.jpg', 'a/b/000002.jpg', 'a/b/000003.jpg']),
    (dict(frames='./a//b', num_frames=1, filename_tmpl='{{x}}{:02d}.png', start_index=0),
     ['a/b/{x}00.png']),
    (dict(frames='.', num_frames=2, filename_tmpl='{:d}.png', start_index=9), ['9.png', '10.png']),
    (dict(frames='a', num_frames=2, filename_tmpl='{:d}.png', frame_numbers=[2, 7], start_index=5),
     ['a/6.png', 'a/11.png']),
    (dict(frames='a/v.MP4', num_frames=99), ['a/v.MP4']),
    (dict(frames='a {1}.png', num_frames=1), ['a {1}.png']),
    (dict(frames='a', num_frames=0), []), (dict(frames='a', num_frames=0, frame_numbers=[]), []),
])
def test_files_of_a_row(row: dict, files: list[str]) -> None:
    assert clip_files(row) == files


def test_shared_files_come_once_with_the_first_clip() -> None:
    rows = [dict(frames='b', num_frames=2), dict(frames='a', num_frames=3),
            dict(frames='a/000002.jpg', num_frames=1), dict(frames='a', num_frames=4)]
    assert clip_units(rows) == [
        ['a/000001.jpg', 'a/000002.jpg', 'a/000003.jpg'], ['a/000004.jpg'],
        ['b/000001.jpg', 'b/000002.jpg']]


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), min_size=1),
       st.integers(1, 20_000), st.integers(0, 3000))
def test_shards_are_complete_and_divide_no_clip(clips, shard_size: int, size: int) -> None:
    rows = [dict(frames=f'c{folder}', num_frames=frames) for folder, frames in clips]
    wanted = {name for row in rows for name in clip_files(row)}
    if not wanted:
        with pytest.raises(StorageError, match='nothing to pack'):
            plan_shards(rows, Sizes(size), 'tar', shard_size)
        return
    shards = plan_shards(rows, Sizes(size), 'tar', shard_size)
    names = [name for shard in shards for name in shard.names]
    assert sorted(names) == sorted(wanted)  # every file, once
    assert [shard.number for shard in shards] == list(range(len(shards)))
    of_shard = {name: shard.number for shard in shards for name in shard.names}
    for unit in clip_units(rows):
        assert len({of_shard[name] for name in unit}) == 1
    for shard in shards:
        if len([unit for unit in clip_units(rows) if unit[0] in shard.names]) > 1:
            assert len(shard.names) * tar_bytes(size) <= shard_size


def test_the_source_is_told_apart() -> None:
    rows = [dict(frames='a', num_frames=3)]
    one, other, same = (plan_shards(rows, Sizes(size), 'tar', 10**9)[0] for size in (1, 2, 1))
    assert one.source != other.source and one == same


def test_missing_files_are_named(tmp_path: Path) -> None:
    (tmp_path / 'a').mkdir()
    (tmp_path / 'a' / '000002.jpg').touch()
    rows = [dict(frames='a', num_frames=8), dict(frames='b.mp4', num_frames=3)]
    with pytest.raises(MediaError, match='a/000001.jpg.*a/000003.jpg.*3 more'):
        plan_shards(rows, FolderStore(str(tmp_path)), 'tar', 10**9)
    with pytest.raises(MediaError, match='b.mp4'):
        plan_shards(rows[1:], FolderStore(str(tmp_path)), 'tar', 10**9)


def test_what_a_pack_may_not_hold_is_refused() -> None:
    rows = [dict(frames='a', num_frames=1, filename_tmpl='{:d}.pickle')]
    with pytest.raises(StorageError, match="'a/1.pickle' cannot be packed.*no image"):
        plan_shards(rows, Sizes(), 'tar', 10**9)


def test_names_too_long_for_lmdb_are_refused() -> None:
    rows = [dict(frames='笑' * 60, num_frames=1)]  # 9 bytes a character
    assert plan_shards(rows, Sizes(), 'tar', 10**9)
    with pytest.raises(StorageError, match='511 bytes.*--format tar'):
        plan_shards(rows, Sizes(), 'lmdb', 10**9)
