import os

import pytest

from mmfer.corpora.report import Report
from mmfer.corpora.traversal import list_folder, read_frame_folder
from mmfer.errors import CorpusError


def read(tmp_path, put, names, **options):
    for name in names:
        put(tmp_path / 'clip' / name)
    report = Report()
    return read_frame_folder(tmp_path, 'clip', report, **options), report


@pytest.mark.parametrize(('names', 'template', 'start', 'numbers'), [
    (['S005_001_00000001.png', 'S005_001_00000002.png'], 'S005_001_{:08d}.png', 1, (1, 2)),
    (['000000.png', '000001.png'], '{:06d}.png', 0, (1, 2)),
    (['1.png', '9.png', '10.png', '8.png'], '{:d}.png', 1, (1, 8, 9, 10)),
    (['f098.png', 'f099.png', 'f100.png'], 'f{:03d}.png', 98, (1, 2, 3)),
    (['098.png', '999.png', '1000.png'], '{:03d}.png', 98, (1, 902, 903)),
    (['gr{ö}ße 7.png'], 'gr{{ö}}ße {:d}.png', 7, (1,)),
    (['img_5_face.2.png'], 'img_5_face.{:d}.png', 2, (1,)),
])
def test_naming(tmp_path, put, names, template, start, numbers):
    folder, report = read(tmp_path, put, names)
    assert (folder.filename_tmpl, folder.start_index, folder.numbers) == (template, start, numbers)
    found = {folder.filename_tmpl.format(n - 1 + start) for n in folder.numbers}
    assert found == set(names)
    gaps = numbers[-1] != len(numbers)
    assert len(report.problems) == gaps
    assert ('frame_numbers' in folder.fields()) == gaps


def test_a_given_start_index_keeps_the_numbers_of_the_video(tmp_path, put):
    folder, _ = read(tmp_path, put, ['00003.png', '00004.png', '00006.png'], start_index=1)
    assert folder.fields() == {'num_frames': 3, 'filename_tmpl': '{:05d}.png', 'start_index': 1,
                               'frame_numbers': [3, 4, 6]}
    folder, report = read(tmp_path, put, ['00000.png'], start_index=1)
    assert folder.numbers == (3, 4, 6)
    assert any('below the start index' in problem for _, problem in report.problems)


def test_damaged_frames_count_as_missing(tmp_path, put, png):
    put(tmp_path / 'clip/002.png', png[:-5])
    put(tmp_path / 'clip/004.png', b'')
    folder, report = read(tmp_path, put, ['001.png', '003.png'])
    assert folder.numbers == (1, 3)
    assert report.problems == [('clip/002.png', 'truncated image; frame left out'),
                               ('clip/004.png', 'empty file; frame left out')]
    folder, report = read(tmp_path, put, [], verify=False)
    assert folder.numbers == (1, 2, 3, 4)
    assert not report.problems


def test_names_that_do_not_fit_are_named(tmp_path, put):
    folder, report = read(tmp_path, put, ['001.png', '002.png', '003.png', '004.png', 'cover.png',
                                          '3.png', 'x_001.png', 'notes.txt'])
    assert folder.numbers == (1, 2, 3, 4)
    text = '\n'.join(report.lines())
    for name in ('cover.png', '3.png', 'x_001.png', 'notes.txt'):
        assert name in text
    assert "'{:03d}.png'" in text


@pytest.mark.parametrize(('names', 'message'), [
    ([], 'no image'), (['a.txt'], 'no image'), (['a.png', 'b.png'], 'no way of naming'),
    (['a1.png', 'b1.png'], 'no way of naming'),
])
def test_folders_without_frames(tmp_path, put, names, message):
    (tmp_path / 'clip').mkdir()
    with pytest.raises(CorpusError, match=message):
        read(tmp_path, put, names)


def test_folders_with_damaged_frames_only(tmp_path, put):
    put(tmp_path / 'clip/1.png', b'x')
    with pytest.raises(CorpusError, match='no readable frame'):
        read(tmp_path, put, [])


def test_links_out_of_the_root(tmp_path, put):
    root = tmp_path / 'root'
    put(root / 'clip/1.png')
    put(tmp_path / 'secret.png')
    (root / 'clip/2.png').symlink_to(tmp_path / 'secret.png')
    (root / 'clip/3.png').symlink_to(root / 'clip/1.png')
    (root / 'clip/4.png').symlink_to(root / 'clip/none.png')
    report = Report()
    folder = read_frame_folder(root, 'clip', report, verify=False)
    assert folder.numbers == (1, 3)
    assert 'symbolic link' in report.problems[0][1]
    assert 'a link to nothing' in report.problems[1][1]


def test_system_files_are_counted_and_names_sorted(tmp_path, put, monkeypatch):
    for name in ('b.png', 'a.png', '.DS_Store', '._a.png', 'Thumbs.db', 'sub/x.png'):
        put(tmp_path / name)
    plain = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path: sorted(plain(path), reverse=True))
    report = Report()
    assert list_folder(tmp_path, report) == (['sub'], ['a.png', 'b.png'])
    assert report.ignored == {'.DS_Store': 1, '._*': 1, 'Thumbs.db': 1}
    assert report.lines() == ['ignored files: .DS_Store x 1, ._* x 1, Thumbs.db x 1',
                              'odd entries: none']


def test_sound_and_meshes_beside_the_pictures_are_counted(tmp_path, put):
    for name in ('clip/000.jpg', 'clip/000.wrl', 'clip/001.jpg', 'clip/001.WRL', 'clip/a.wav'):
        put(tmp_path / name)
    report = Report()
    folder = read_frame_folder(tmp_path, 'clip', report)
    assert (folder.filename_tmpl, folder.start_index) == ('{:03d}.jpg', 0)
    assert report.problems == []
    assert report.ignored == {'*.wrl': 2, '*.wav': 1}


def test_names_that_are_not_utf8(tmp_path, put):
    try:
        put(tmp_path / os.fsdecode(b'bad\xff'))
    except OSError:
        pytest.skip('the file system takes only UTF-8 names')
    report = Report()
    assert list_folder(tmp_path, report) == ([], [])
    assert 'not UTF-8' in report.lines()[-1]
    '\n'.join(report.lines()).encode()


def test_folders_that_cannot_be_listed(tmp_path):
    with pytest.raises(CorpusError, match='cannot be listed'):
        list_folder(tmp_path / 'none', Report())
