from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmfer.annotations import make_metainfo, write_annotations
from mmfer.errors import AnnotationError, ConfigError, MediaError
from mmfer.faces.extraction.plan import Clip, find_clips, shard_of


@pytest.fixture
def media(tmp_path, monkeypatch):
    """Empty files of these names; the plan goes by names and sizes."""
    monkeypatch.chdir(tmp_path)

    def make(*names, size=3):
        for name in names:
            path = tmp_path / 'in' / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b'x' * size)
        return tmp_path / 'in'

    return make


def plan_of(*inputs, root=None, out='out'):
    from pathlib import Path
    return find_clips([str(name) for name in inputs], Path(out), root)


def names(plan):
    return [clip.name for clip in plan.clips]


def test_a_folder_is_walked_sorted(media):
    root = media('b/2.MP4', 'b/1.avi', 'a.mov', 'c/d é/x y.v1.mkv', 'c/frames/01.png',
                 'c/frames/02.jpg', 'c/notes.txt', '.hidden/v.mp4', 'b/.v.mp4')
    plan = plan_of(root)
    assert names(plan) == ['a', 'b/1', 'b/2', 'c/d é/x y.v1', 'c/frames']
    assert [clip.kind for clip in plan.clips] == ['video'] * 4 + ['folder']
    assert plan.clips[4].path == str(root / 'c/frames') and plan.clips[4].size == 6
    assert plan.skipped == {str(root / 'c/notes.txt'): 'neither a video nor an image'}


def test_order_on_disk_does_not_matter(media, monkeypatch):
    root = media('b/2.mp4', 'a.mov', 'c/frames/01.png', 'c/frames/02.png', 'c/notes.txt')
    before = plan_of(root)
    listed = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path: listed(path)[::-1])
    assert plan_of(root) == before


def test_images_are_frames_only_where_nothing_else_is(media):
    root = media('poster.jpg', 'a/v.mp4', 'a/thumbnail.png')
    plan = plan_of(root)
    assert names(plan) == ['a/v']
    assert set(plan.skipped) == {str(root / 'poster.jpg'), str(root / 'a/thumbnail.png')}
    assert set(plan.skipped.values()) == {'an image beside videos or folders of frames'}


def test_an_input_folder_of_frames_is_called_by_its_own_name(media):
    root = media('S1/clip/001.png')
    assert names(plan_of(root / 'S1' / 'clip')) == ['clip']
    assert names(plan_of(root / 'S1' / 'clip' / '..' / 'clip' / '.')) == ['clip']


def test_files_are_called_by_their_own_names(media):
    root = media('deep/Ünïcode v.1.mp4', 'deep/still.png')
    os.symlink(root / 'deep/still.png', root / 'link.png')
    plan = plan_of(root / 'deep/Ünïcode v.1.mp4', root / 'deep/../link.png')
    assert [(clip.name, clip.kind) for clip in plan.clips] == [
        ('link', 'image'), ('Ünïcode v.1', 'video')]


def test_hidden_files_that_are_named_are_clips_with_names_of_their_own(media):
    root = media('.v.mp4', '..mp4', '...mp4', '.mp4')
    assert names(plan_of(*(root / name for name in ('.v.mp4', '..mp4', '...mp4', '.mp4')))) == [
        '...mp4', '..mp4', '.mp4', '.v']  # never "." or "..", which are folders


def test_one_input_twice_is_one_clip(media):
    root = media('a.mp4')
    assert names(plan_of(root, root, root / 'a.mp4')) == ['a']


def test_links_are_followed_once(media, tmp_path):
    root = media('a/v.mp4')
    (tmp_path / 'elsewhere').mkdir()
    (tmp_path / 'elsewhere' / 'w.mp4').write_bytes(b'x')
    os.symlink(root, root / 'a' / 'loop')
    os.symlink(tmp_path / 'elsewhere', root / 'linked')
    os.symlink(tmp_path / 'nowhere.mp4', root / 'broken.mp4')
    plan = plan_of(root)
    assert names(plan) == ['a/v', 'linked/w']
    assert plan.skipped[str(root / 'broken.mp4')] == 'a link to nothing'
    assert 'walked already' in plan.skipped[str(root / 'a' / 'loop')]


def test_outputs_are_not_inputs(media):
    root = media('a.mp4', 'faces/crops/a/000001.jpg', 'old/faces.json', 'old/crops/b/000001.jpg')
    plan = plan_of(root, out=root / 'faces')
    assert names(plan) == ['a']
    assert set(plan.skipped) == {str(root / 'faces'), str(root / 'old')}


def test_names_that_no_text_can_hold(media):
    root = media('good.mp4', 'bad\n.mp4')
    odd = os.fsencode(root) + b'/\xff.mp4'
    with open(odd, 'wb'):
        pass
    plan = plan_of(root)
    assert names(plan) == ['good']
    assert len(plan.skipped) == 2 and all('UTF-8' in why for why in plan.skipped.values())
    with pytest.raises(ConfigError, match='UTF-8'):
        plan_of(os.fsdecode(odd))


def test_two_inputs_of_one_name_are_both_named(media):
    root = media('x/v.mp4', 'y/v.mp4', 'z/v.mp4', 'z/v.avi')
    with pytest.raises(ConfigError, match=r"x/v\.mp4 and .*y/v\.mp4 are both clip 'v'"):
        plan_of(root / 'x', root / 'y')
    with pytest.raises(ConfigError, match=r"z/v\.avi and .*z/v\.mp4 are both clip 'z/v'"):
        plan_of(root)


@pytest.mark.parametrize('other', ['v/1.mp4', 'v/w/1.mp4', 'v.parquet/1.mp4'])
def test_crops_among_crops_are_refused(media, other):
    root = media('v.mp4', other)
    with pytest.raises(ConfigError, match=r'in/v\.mp4 and .*1\.mp4'):
        plan_of(root)


def test_an_annotation_file_names_media(media, tmp_path):
    root = media('v/a.mp4', 'f/b.c/01.png', 'still.png')
    rows = [dict(clip='one', frames='v/a.mp4', num_frames=3, start_index=0, label=0),
            dict(clip='two', frames='f/b.c', num_frames=1, label=0),
            dict(clip='again', frames='f/b.c', num_frames=1, label=0),
            dict(clip='three', frames='still.png', num_frames=1, label=0),
            dict(clip='gone', frames='gone/x', num_frames=0, label=0)]
    path = tmp_path / 'annotations.json'
    write_annotations(path, make_metainfo('tiny', ['a'], rows), rows)
    plan = plan_of(path, root=str(root))
    assert [(clip.name, clip.kind) for clip in plan.clips] == [
        ('f/b.c', 'folder'), ('still', 'image'), ('v/a', 'video')]
    assert list(plan.skipped) == [str(root / 'gone/x')]
    with pytest.raises(ConfigError, match='needs --root'):
        plan_of(path)
    os.symlink('/', root / 'out')
    rows = [dict(clip='out', frames='out/etc', num_frames=1, label=0)]
    write_annotations(path, make_metainfo('tiny', ['a'], rows), rows)
    with pytest.raises(AnnotationError, match=r'annotations\.json: .*leads out of the root'):
        plan_of(path, root=str(root))


def annotate(path, frames):
    rows = [dict(clip='c', frames=frames, num_frames=1, label=0)]
    write_annotations(path, make_metainfo('tiny', ['a'], rows), rows)
    return path


def test_a_link_to_nothing_among_annotated_frames(media, tmp_path, monkeypatch):
    root = media('f/01.png', 'f/02.png')
    os.symlink(tmp_path / 'nowhere', root / 'f/03.png')
    path = annotate(tmp_path / 'annotations.json', 'f')
    assert [clip.size for clip in plan_of(path, root=str(root)).clips] == [6]

    def refuse(folder):
        raise PermissionError(13, 'Permission denied', folder)

    monkeypatch.setattr(os, 'scandir', refuse)
    with pytest.raises(MediaError, match='in/f: cannot be listed: Permission denied'):
        plan_of(path, root=str(root))


def test_a_root_that_is_a_clip_itself_is_called_by_its_own_name(media, tmp_path):
    root = media('f/01.png') / 'f'
    path = annotate(tmp_path / 'annotations.json', '.')
    assert names(plan_of(path, root=str(root))) == ['f']


def test_inputs_that_are_not_there(media):
    media('a.mp4')
    with pytest.raises(MediaError, match='absent does not exist'):
        plan_of('absent')


sizes = st.lists(st.integers(0, 1000), max_size=40)


@given(sizes, st.integers(1, 7))
def test_shards_divide_the_clips_evenly(sizes, count):
    clips = [Clip(f'c{number:02d}', '', 'video', size) for number, size in enumerate(sizes)]
    shards = [shard_of(clips, index, count) for index in range(1, count + 1)]
    assert sorted((clip for shard in shards for clip in shard),
                  key=lambda clip: clip.name) == clips
    assert shards == [shard_of(clips[::-1], index, count) for index in range(1, count + 1)]
    loads = [sum(max(clip.size, 1) for clip in shard) for shard in shards]
    assert max(loads) - min(loads) <= max([1, *sizes])
