import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.annotations import (
    annotation_hash,
    check_root,
    is_labelled,
    make_metainfo,
    media_kind,
    read_annotations,
    resolve_inside,
    write_annotations,
)
from mmfer.errors import AnnotationError

CLASSES = ['anger', 'happiness']


def row(clip, **fields):
    return {'clip': clip, 'frames': f'clips/{clip}', 'num_frames': 5, 'label': 0, **fields}


def write(path, rows, **metainfo):
    """Writes without validation, as another program would."""
    head = {'format': 1, 'corpus': 'x', 'classes': CLASSES, 'counts': {}, 'ledger_hash': None,
            **metainfo}
    path.write_text(json.dumps({'metainfo': head, 'data_list': rows}))
    return path


def test_round_trip(tmp_path):
    rows = [
        row('b', subject='Zoë', apex=[2, 5], scene='café'),
        row('a', label=1, frame_numbers=[1, 2, 4, 6, 9], filename_tmpl='a_{:08d}.png',
            start_index=0, apex=[9, 9]),
        {'clip': 'c', 'frames': 'c.mp4', 'num_frames': 3, 'start_index': 0,
         'frame_labels': [-1, 1, 0]},
        {'clip': 'd', 'frames': 'd.jpg', 'num_frames': 1},
        {'clip': 'e', 'frames': 'e.jpg', 'num_frames': 1, 'label': 0,
         'label_distribution': [0.75, 0.25]},
        {'clip': 'f', 'frames': 'f', 'num_frames': 0, 'label': 1},
    ]
    path = tmp_path / 'ä' / 'annotations.json'
    write_annotations(path, make_metainfo('x', CLASSES, rows), rows)
    annotations = read_annotations(path)
    assert [r['clip'] for r in annotations.rows] == ['a', 'b', 'c', 'd', 'e', 'f']
    assert annotations.by_clip['b'] == rows[0]
    assert annotations.classes == ('anger', 'happiness')
    assert [r['clip'] for r in annotations.labelled] == ['a', 'b', 'c', 'e', 'f']
    assert annotations.metainfo['counts'] == {
        'clips': 6, 'labelled': 5, 'subjects': 1, 'frames': 15,
        'per_class': {'anger': 3, 'happiness': 3}}
    assert annotations.hash == annotation_hash(annotations.metainfo, rows)
    assert [media_kind(r) for r in annotations.rows] == [
        'folder', 'folder', 'video', 'image', 'image', 'folder']


def test_same_content_same_bytes_and_hash(tmp_path):
    rows = [row('b', subject='s'), row('a', fold='1')]
    turned = [dict(reversed(r.items())) for r in reversed(rows)]
    metainfo = make_metainfo('x', CLASSES, rows)
    write_annotations(tmp_path / '1.json', metainfo, rows)
    write_annotations(tmp_path / '2.json', metainfo, turned)
    assert (tmp_path / '1.json').read_bytes() == (tmp_path / '2.json').read_bytes()
    assert annotation_hash(metainfo, rows) == annotation_hash(metainfo, turned)
    assert annotation_hash(metainfo, rows) != annotation_hash(metainfo, [*rows, row('c')])


@pytest.mark.parametrize(('fields', 'field'), [
    ({'clip': ''}, 'clip'), ({'clip': 3}, 'clip'), ({'clip': 'a\ud800'}, 'clip'),
    ({'frames': '../x'}, 'frames'), ({'frames': 'a/../../x'}, 'frames'),
    ({'frames': '/etc/passwd'}, 'frames'), ({'frames': 'C:/x'}, 'frames'),
    ({'frames': 'a\\..\\x'}, 'frames'), ({'frames': 'a\0b'}, 'frames'), ({'frames': ''}, 'frames'),
    ({'frames': None}, 'frames'),
    ({'num_frames': -1}, 'num_frames'), ({'num_frames': True}, 'num_frames'),
    ({'num_frames': 2.0}, 'num_frames'), ({'num_frames': 10**12}, 'num_frames'),
    ({'filename_tmpl': '../{:06d}.jpg'}, 'filename_tmpl'),
    ({'filename_tmpl': 'frame.jpg'}, 'filename_tmpl'),
    ({'filename_tmpl': '{:06d}_{:06d}.jpg'}, 'filename_tmpl'),
    ({'filename_tmpl': '{0.__class__}.jpg'}, 'filename_tmpl'),
    ({'filename_tmpl': '{:0999999999d}.jpg'}, 'filename_tmpl'),
    ({'filename_tmpl': ['x']}, 'filename_tmpl'),
    ({'start_index': -1}, 'start_index'), ({'start_index': None}, 'start_index'),
    ({'frame_numbers': [1, 2, 3, 3, 4]}, 'frame_numbers'),
    ({'frame_numbers': [0, 1, 2, 3, 4]}, 'frame_numbers'),
    ({'frame_numbers': [1, 2]}, 'frame_numbers'), ({'frame_numbers': 'x'}, 'frame_numbers'),
    ({'label': 2}, 'label'), ({'label': -1}, 'label'), ({'label': 'anger'}, 'label'),
    ({'frame_labels': [0] * 5}, 'frame_labels'),
    ({'subject': 7}, 'subject'), ({'subject': ''}, 'subject'),
    ({'apex': [0, 2]}, 'apex'), ({'apex': [3, 2]}, 'apex'), ({'apex': [1, 6]}, 'apex'),
    ({'apex': [1]}, 'apex'), ({'apex': 3}, 'apex'),
    ({'scene': ['a']}, 'scene'), ({'scene': '\udcff'}, 'scene'),
])
def test_errors_name_file_row_and_field(tmp_path, fields, field):
    path = write(tmp_path / 'annotations.json', [row('fine'), row('odd') | fields])
    with pytest.raises(AnnotationError, match=rf"annotations\.json: row 1.*field '{field}'"):
        read_annotations(path)


@pytest.mark.parametrize('labels', [[0, 1], [0, 1, -2, 0, 0], [0, 1, 2, 0, 0], [0, 1, 0, 0, True],
                                    'x'])
def test_frame_labels_are_class_indices_of_every_frame(tmp_path, labels):
    odd = {'clip': 'a', 'frames': 'a', 'num_frames': 5, 'frame_labels': labels}
    with pytest.raises(AnnotationError, match='frame_labels'):
        read_annotations(write(tmp_path / 'a.json', [odd]))


def test_duplicate_clips_are_refused(tmp_path):
    with pytest.raises(AnnotationError, match="row 2: field 'clip': 'a' is already"):
        read_annotations(write(tmp_path / 'a.json', [row('a'), row('b'), row('a')]))


@pytest.mark.parametrize(('metainfo', 'field'), [
    ({'format': 2}, 'format'), ({'corpus': None}, 'corpus'), ({'classes': []}, 'classes'),
    ({'classes': ['a', 'a']}, 'classes'), ({'classes': 'anger'}, 'classes'),
    ({'classes': [1]}, 'classes'), ({'ledger_hash': 3}, 'ledger_hash'),
])
def test_metainfo_is_checked(tmp_path, metainfo, field):
    with pytest.raises(AnnotationError, match=f"metainfo: field '{field}'"):
        read_annotations(write(tmp_path / 'a.json', [], **metainfo))


@pytest.mark.parametrize('text', ['[]', '{"metainfo": {}}', '{"data_list": {}}', '{"metainfo'])
def test_files_that_are_no_annotation(tmp_path, text):
    path = tmp_path / 'a.json'
    path.write_text(text)
    with pytest.raises(AnnotationError, match=r'a\.json: not'):
        read_annotations(path)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / 'a.json'
    write_annotations(path, make_metainfo('x', CLASSES, [row('a')]), [row('a')])
    before = path.read_bytes()
    with pytest.raises(AnnotationError):
        write_annotations(path, make_metainfo('x', CLASSES, [row('a')]), [row('a', label=9)])
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ['a.json']


def test_labels_of_ignored_frames_only_are_no_label():
    assert not is_labelled({'frame_labels': [-1, -1]})
    assert is_labelled({'frame_labels': [-1, 0]})
    assert is_labelled({'label': 0})
    assert not is_labelled({})


@pytest.mark.parametrize('relative', ['..', '../x', 'a/../../x', '/etc/passwd', 'a\0', ''])
def test_paths_out_of_the_root_are_refused(tmp_path, relative):
    with pytest.raises(AnnotationError):
        resolve_inside(tmp_path, relative)


def test_links_may_lead_to_the_root_but_not_out_of_it(tmp_path):
    real = tmp_path / 'real'
    (real / 'clip').mkdir(parents=True)
    (tmp_path / 'outside').mkdir()
    (tmp_path / 'real-twin').mkdir()
    root = tmp_path / 'root'
    root.symlink_to(real)
    (real / 'inner').symlink_to(real / 'clip')
    (real / 'outer').symlink_to(tmp_path / 'outside')
    (real / 'twin').symlink_to(tmp_path / 'real-twin')
    assert resolve_inside(root, 'clip') == real / 'clip'
    assert resolve_inside(root, 'inner') == real / 'clip'
    assert resolve_inside(root, 'absent/x') == real / 'absent/x'
    for name in ('outer', 'outer/x', 'twin'):
        with pytest.raises(AnnotationError, match='symbolic link'):
            resolve_inside(root, name)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(['..', '.', 'a', '', '...', 'b']), min_size=1, max_size=6))
def test_what_is_resolved_is_inside(parts):
    root = Path('/nowhere/root')
    try:
        path = resolve_inside(root, '/'.join(parts))
    except AnnotationError:
        assert '..' in parts or not '/'.join(parts) or parts[0] == ''
    else:
        assert path == root or root in path.parents
        assert '..' not in parts


def test_check_root(tmp_path):
    rows = [row('a'), row('b'), row('c')]
    path = tmp_path / 'annotations.json'
    write_annotations(path, make_metainfo('x', CLASSES, rows), rows)
    annotations = read_annotations(path)
    root = tmp_path / 'root'
    for name in 'abc':
        (root / 'clips' / name).mkdir(parents=True)
    check_root(annotations, root)
    (tmp_path / 'secret.jpg').touch()
    (root / 'clips/b/000001.jpg').symlink_to(tmp_path / 'secret.jpg')
    (root / 'clips/c').rmdir()
    with pytest.raises(AnnotationError, match="clip 'b'.*symbolic link.*clip 'c'.*not exist"):
        check_root(annotations, root)
