import json
import shutil

import pyarrow.parquet as pq
import pytest

from mmfer.corpora.affwild2 import convert as convert_affwild2
from mmfer.corpora.ckplus import convert as convert_ckplus
from mmfer.corpora.face_ledger import find_ledger
from mmfer.corpora.generic import convert as convert_generic
from mmfer.corpora.report import Report
from mmfer.corpora.source import Source
from mmfer.errors import LedgerError
from mmfer.testing.ledgers import write_extraction

CLIPS = {'S1/a': {1: 'absent*1 found*2 interpolated*1 tracked*1 absent*2'},
         'b': {1: 'absent*4'},
         'ç': {1: 'found*1 too_small*1 blurred*1'}}


@pytest.fixture
def extracted(tmp_path, png):
    def extract(clips=CLIPS, **options):
        return write_extraction(tmp_path / 'out', clips, crop=png, **options)

    return extract


def row(frames, *numbers):
    found = {'clip': frames, 'frames': frames, 'num_frames': len(numbers)}
    return found if list(numbers) == list(range(1, len(numbers) + 1)) else {
        **found, 'frame_numbers': list(numbers)}


def test_rows_get_the_status_of_every_frame(extracted):
    ledger, report = find_ledger(extracted()), Report()
    found = ledger.add_to(row('S1/a', 2, 3, 4, 5), report)
    assert found == {**row('S1/a', 2, 3, 4, 5), 'face_status': CLIPS['S1/a'][1],
                     'coverage': round(3 / 7, 6)}
    assert ledger.add_to(row('b'), report) == {**row('b'), 'face_status': 'absent*4',
                                               'coverage': 0}
    assert ledger.add_to(row('ç', 1), report)['coverage'] == round(1 / 3, 6)
    ledger.conclude(report)
    assert report.problems == [] and report.notes == []


def test_people_have_folders_of_their_own(extracted):
    ledger = find_ledger(extracted({
        'a': {1: 'found*2 absent*1', 2: 'absent*1 tracked*1 too_small*1'}, 'b': {1: 'absent*2'}},
        people='all'))
    statuses = {name: faces.face_status for name, faces in ledger.folders.items()}
    assert statuses == {'a/1': 'found*2 absent*1', 'a/2': 'absent*1 tracked*1 too_small*1',
                        'b': 'absent*2'}
    assert ledger.add_to(row('a/2', 2), Report())['coverage'] == round(1 / 3, 6)


def test_what_does_not_fit_is_told(extracted):
    ledger, report = find_ledger(extracted()), Report()
    assert 'face_status' not in ledger.add_to(row('other', 1), report)
    ledger.add_to(row('S1/a', 3, 5), report)
    assert [entry for entry, _ in report.problems] == ['other', 'S1/a']
    assert 'not in ledger.parquet' in report.problems[0][1]
    assert '2 of 4 crops in ledger.parquet are missing or unreadable (2, 4)' in (
        report.problems[1][1])
    with pytest.raises(LedgerError, match="'S1/a' has 1 crops that the ledger does not know .6."):
        ledger.add_to(row('S1/a', 2, 6), report)
    with pytest.raises(LedgerError, match="'S1/a' has none of the 4 crops"):
        ledger.add_to(row('S1/a'), report)
    ledger.conclude(report)
    assert report.notes == ['clips in ledger.parquet that are not of the corpus: 2 (b, ç)']
    with pytest.raises(LedgerError, match='has none of the clips; it knows S1/a, b, ç'):
        find_ledger(extracted()).conclude(Report())


def test_hash_is_of_settings_and_content(extracted, tmp_path):
    first = find_ledger(extracted()).hash
    path = tmp_path / 'out/ledger.parquet'
    table = pq.read_table(path)
    pq.write_table(table, path, compression='none', row_group_size=2)
    assert find_ledger(tmp_path / 'out/crops').hash == first  # the same rows, laid out anew
    assert find_ledger(extracted(detector='other')).hash != first
    assert find_ledger(extracted({**CLIPS, 'b': {1: 'absent*5'}})).hash != first
    assert find_ledger(extracted({**CLIPS, 'b': {1: 'found*4'}})).hash != first
    assert find_ledger(extracted()).hash == first


def test_crops_that_are_of_no_extraction(tmp_path):
    (tmp_path / 'crops').mkdir()
    assert find_ledger(tmp_path / 'crops') is None


def test_unfinished_and_mixed_extractions_are_refused(extracted, tmp_path):
    crops = extracted()
    shutil.move(tmp_path / 'out/ledger.parquet', tmp_path / 'kept')
    with pytest.raises(LedgerError, match='ledger.parquet is missing.*extract_faces'):
        find_ledger(crops)
    shutil.move(tmp_path / 'kept', tmp_path / 'out/ledger.parquet')
    (tmp_path / 'out/faces.json').write_text(json.dumps({'hash': '0'}))
    with pytest.raises(LedgerError, match='made with other settings'):
        find_ledger(crops)
    (tmp_path / 'out/faces.json').unlink()
    with pytest.raises(LedgerError, match='faces.json is missing'):
        find_ledger(crops)


def test_own_clips(extracted, tmp_path):
    """Numbers are the video's; a clip without a face stays; a video's name leads to its crops."""
    crops = extracted()
    labels = tmp_path / 'labels.csv'
    labels.write_text('clip,label,apex_start,apex_end\nS1/a.mp4,fear,6,7\nb,anger,2,3\nç,fear,,\n'
                      'none,fear,,\n', encoding='utf-8')
    conversion = convert_generic(Source(crops, faces=find_ledger(crops)), labels)
    first, second, third = conversion.rows
    assert first == {'clip': 'S1/a', 'frames': 'S1/a', 'num_frames': 4, 'start_index': 1,
                     'filename_tmpl': '{:06d}.png', 'frame_numbers': [2, 3, 4, 5],
                     'face_status': CLIPS['S1/a'][1], 'coverage': round(3 / 7, 6),
                     'apex': [6, 7], 'label': 1}
    assert second == {'clip': 'b', 'frames': 'b', 'num_frames': 0, 'face_status': 'absent*4',
                      'coverage': 0.0, 'apex': [2, 3], 'label': 0}
    assert third['num_frames'] == 1 and third['face_status'] == CLIPS['ç'][1]
    assert 'names nothing' in conversion.report.problems[-1][1]


def test_labels_of_frames_stay_with_their_numbers(extracted, tmp_path, put):
    crops = extracted({'video29': CLIPS['S1/a'], 'none': CLIPS['b']})
    for name, labels in (('video29', [0, 1, 2, 3, 4]), ('none', [5, 6])):
        put(tmp_path / f'corpus/EXPR_Set/Training_Set/{name}.txt',
            '\n'.join(['Neutral,Anger', *map(str, labels), '']).encode())
    put(tmp_path / 'corpus/EXPR_Set/Validation_Set/x.txt', b'Neutral\n0\n')
    source = Source(tmp_path / 'corpus', crops, faces=find_ledger(crops))
    rows = {row['clip']: row for row in convert_affwild2(source).rows}
    assert rows['video29']['frame_numbers'] == [2, 3, 4, 5]
    # up to the last frame of the video, so that the n-th label is that of frame n
    assert rows['video29']['frame_labels'] == [0, 1, 2, 3, 4, -1, -1]
    assert rows['none']['num_frames'] == 0 and rows['none']['frame_labels'] == [5, 6, -1, -1]
    assert 'face_status' not in rows['x']


def test_ckplus_ends_with_its_video(extracted, tmp_path, put):
    crops = extracted({'S005/001': {1: 'absent*1 found*2 absent*1'}, 'S010/002': {1: 'absent*3'}})
    for name, peak in (('S005/001', 4), ('S010/002', 3)):
        put(tmp_path / f'CK+/Emotion/{name}/{name.replace("/", "_")}_{peak:08d}_emotion.txt',
            b'   3.0000000e+00\n')
    source = Source(tmp_path / 'CK+', crops, faces=find_ledger(crops))
    first, second = convert_ckplus(source).rows
    assert first['frame_numbers'] == [2, 3] and first['apex'] == [4, 4]
    assert (first['face_status'], first['coverage']) == ('absent*1 found*2 absent*1', .5)
    assert (second['num_frames'], second['face_status']) == (0, 'absent*3')
