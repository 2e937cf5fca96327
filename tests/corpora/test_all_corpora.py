"""What holds for every corpus that can be prepared and written synthetically."""
import os
import shutil

import pytest

from mmfer.annotations import check_root, media_kind, read_annotations
from mmfer.cli import prepare
from mmfer.corpora import CORPORA, Source, clip_media, traversal
from mmfer.protocols import read_protocol
from mmfer.synthetic.layouts import MAKERS

NAMES = sorted(CORPORA.keys() & MAKERS.keys())


def test_every_layout_can_be_prepared():
    assert set(NAMES) == set(MAKERS)
    assert {'afew', 'bu4dfe', 'cremad', 'dfew', 'ravdess'} <= set(NAMES)


def run(name, root, out, *words):
    assert prepare.main([name, '--root', str(root), '--out', str(out), *words]) == 0
    return {path.name: path.read_bytes() for path in out.iterdir()}


def convert(name, root, **source):
    """A conversion with the options that the command has by default."""
    args = prepare._parser().parse_args([name, '--root', str(root), '--out', 'out'])
    return CORPORA[name].convert(Source(root, **source),
                                 **prepare.corpus_options(args, CORPORA[name]))


def tree(root):
    return {path: path.stat().st_mtime_ns for path in sorted(root.rglob('*'))}


def reverse_listings(monkeypatch):
    plain = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path='.': sorted(plain(path), reverse=True))


@pytest.mark.parametrize('name', NAMES)
def test_labels_are_those_that_were_drawn(name, written, tmp_path):
    root, layout = written(name)
    before = tree(root)
    run(name, root, tmp_path / 'out')
    assert tree(root) == before
    annotations = read_annotations(tmp_path / 'out/annotations.json')
    check_root(annotations, root)
    plans = {clip.path: clip for clip in layout.clips}
    seen = 0
    for row in annotations.rows:
        plan = plans[row['frames']]
        if media_kind(row) != 'image':
            assert row['num_frames'] == plan.num_frames - len(plan.absent)
        if 'label' in row and plan.label is not None:
            assert annotations.classes[row['label']] == plan.label
            seen += 1
    assert seen or all('frame_labels' in row for row in annotations.rows)
    protocols = list((tmp_path / 'out').glob('protocol_*.json'))
    assert protocols
    for path in protocols:
        read_protocol(path, annotations)  # refuses leaks and clips that are not there


@pytest.mark.parametrize('name', NAMES)
def test_running_twice_or_in_another_order_on_disk_gives_the_same_bytes(
        name, written, tmp_path, monkeypatch):
    root, _ = written(name)
    first = run(name, root, tmp_path / 'a')
    assert len(first) >= 2  # the annotation file and at least one protocol
    assert run(name, root, tmp_path / 'a') == first
    reverse_listings(monkeypatch)
    assert run(name, root, tmp_path / 'b') == first


@pytest.mark.parametrize('name', NAMES)
def test_listing_gives_the_same_clips_and_opens_no_media(name, written, monkeypatch):
    root, _ = written(name)
    full = convert(name, root)

    def refuse(path):
        raise AssertionError(f'{path} was opened')

    monkeypatch.setattr(clip_media, 'count_video_frames', refuse)
    monkeypatch.setattr(clip_media, 'image_problem', refuse)
    monkeypatch.setattr(traversal, 'image_problem', refuse)
    listed = convert(name, root, verify=False, listing=True)
    for one, other in zip(full.rows, listed.rows, strict=True):
        for field in one.keys() - {'num_frames'}:
            assert one[field] == other[field]
    assert listed.found['clips'] == full.found['clips'] == len(full.rows)
    assert listed.report.problems == full.report.problems


@pytest.mark.parametrize('name', [name for name in NAMES if CORPORA[name].takes_frames])
def test_clips_without_own_crops_have_no_frame_and_stay(name, written, tmp_path, png):
    """Crops are found where the media lie below their own folder, videos by their stem."""
    root, _ = written(name)
    crops = tmp_path / 'crops'
    crops.mkdir()
    with pytest.raises(Exception, match='nothing could be converted'):
        convert(name, root, frames=crops)
    plain = convert(name, root)
    without, *others = plain.rows
    # where the rows' paths begin in a folder of all media, crops leave that folder out
    inner = common_prefix(name, root)
    for row in others:
        stem = os.path.splitext(row['frames'])[0] if 'filename_tmpl' not in row else row['frames']
        for number in (1, 2):
            path = crops / stem.removeprefix(inner) / f'{number:06d}.png'
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png)
    conversion = convert(name, root, frames=crops)
    rows = {row['clip']: row for row in conversion.rows}
    assert rows.keys() >= {row['clip'] for row in plain.rows}
    assert rows[without['clip']]['num_frames'] == 0
    assert rows[without['clip']].get('label') == without.get('label')
    for row in others:
        assert rows[row['clip']]['num_frames'] == 2
        assert rows[row['clip']].get('label') == row.get('label')
    assert any('without a face' in problem for _, problem in conversion.report.problems)


def common_prefix(name, root):
    """What crops leave out of the paths of a corpus's media."""
    seen = []

    class Watched(Source):
        def media(self, inner='', **settings):
            seen.append(inner)
            return super().media(inner, **settings)

    args = prepare._parser().parse_args([name, '--root', str(root), '--out', 'out'])
    CORPORA[name].convert(Watched(root), **prepare.corpus_options(args, CORPORA[name]))
    return f'{seen[0]}/' if seen and seen[0] else ''


@pytest.mark.parametrize('name', NAMES)
def test_an_empty_root_is_one_error_that_names_it(name, tmp_path, capsys):
    (tmp_path / 'leer').mkdir()
    for root in ('leer', 'nirgends'):
        assert prepare.main([name, '--root', str(tmp_path / root),
                             '--out', str(tmp_path / 'out')]) == 1
        error = capsys.readouterr().err
        assert error.startswith('CorpusError: ')
        assert str(tmp_path / root) in error
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('name', NAMES)
def test_hidden_files_and_other_roots_change_nothing(name, written, tmp_path):
    """Files that desktops leave behind, and a root with a space and another alphabet."""
    root, _ = written(name)
    plain = convert(name, root)
    copy = tmp_path / 'ein Körper 面'
    shutil.copytree(root, copy)
    for folder in [copy, *(path for path in copy.rglob('*') if path.is_dir())]:
        (folder / '.DS_Store').write_bytes(b'x')
        (folder / 'Thumbs.db').write_bytes(b'x')
    conversion = convert(name, copy)
    assert conversion.rows == plain.rows
    assert conversion.report.problems == plain.report.problems
