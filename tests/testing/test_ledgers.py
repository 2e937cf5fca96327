import json

import pytest

from mmfer.faces.ledger import clip_statuses, read_ledger
from mmfer.faces.status_runs import format_runs
from mmfer.testing.ledgers import write_extraction

CLIPS = {'b/ü': {2: 'found*1 blurred*1 tracked*1', 5: 'absent*3 interpolated*1 too_small*1'},
         'a': {1: 'absent*2 found*1'}}


def files_of(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob('*')
                  if path.is_file())


def rows_of(out):
    table = read_ledger(out / 'ledger.parquet').table
    return list(zip(*(table[name].to_pylist()
                      for name in ('clip', 'frame', 'id', 'status', 'crop'))))


@pytest.mark.parametrize(('people', 'expected'), [
    ('main', ['a/000003.png', 'b/ü/000001.png', 'b/ü/000003.png', 'b/ü/000004.png']),
    ('all', ['a/1/000003.png', 'b/ü/2/000001.png', 'b/ü/2/000003.png', 'b/ü/5/000004.png'])])
def test_crops_lie_as_extraction_writes_them(tmp_path, people, expected):
    crops = write_extraction(tmp_path / 'out', CLIPS, people, b'picture')
    assert crops == tmp_path / 'out' / 'crops' and files_of(crops) == expected
    assert {(crops / file).read_bytes() for file in expected} == {b'picture'}


def test_the_ledger_has_a_row_for_each_person_and_for_each_empty_frame(tmp_path):
    write_extraction(tmp_path, CLIPS)
    assert rows_of(tmp_path) == [
        ('a', 1, 0, 'absent', False), ('a', 2, 0, 'absent', False), ('a', 3, 1, 'found', True),
        ('b/ü', 1, 2, 'found', True), ('b/ü', 2, 2, 'blurred', False),
        ('b/ü', 3, 2, 'tracked', True), ('b/ü', 4, 5, 'interpolated', True),
        ('b/ü', 5, 5, 'too small', False)]


@pytest.mark.parametrize('text', ['found*3 absent*2 tracked*1', 'absent*4',
                                  'absent*1 too_small*2 blurred*1 interpolated*1'])
def test_statuses_come_back(tmp_path, text):
    write_extraction(tmp_path, {'v': {1: text}})
    assert format_runs(clip_statuses(read_ledger(tmp_path / 'ledger.parquet').table)) == text


def test_settings_and_suffix_are_those_given(tmp_path):
    found = []
    for size_px in (64, 96):
        out = tmp_path / str(size_px)
        crops = write_extraction(out, {'v': {1: 'found*1'}}, suffix='jpg', size_px=size_px)
        assert files_of(crops) == ['v/000001.jpg']
        settings = json.loads((out / 'faces.json').read_text())
        assert settings['settings'] == {'people': 'main', 'size_px': size_px}
        metadata = read_ledger(out / 'ledger.parquet').metadata
        assert metadata['settings_hash'] == settings['hash']
        assert metadata['settings'] == settings['settings']
        found.append(settings['hash'])
    assert found[0] != found[1]
