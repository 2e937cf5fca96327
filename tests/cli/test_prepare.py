import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmfer.annotations import check_root, read_annotations
from mmfer.cli.prepare import main
from mmfer.corpora.face_ledger import find_ledger
from mmfer.protocols import read_protocol
from mmfer.testing.ledgers import write_extraction

PROJECT = Path(__file__).resolve().parents[2]
TOOL = PROJECT / 'tools/prepare.py'
IMAGE = cv2.imencode('.png', np.zeros((8, 8), np.uint8))[1].tobytes()


def put(path, data=IMAGE):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def ckplus(tmp_path):
    """Twelve labelled subjects, S001 to S012, with one sequence of two frames each."""
    for s in range(1, 13):
        folder = f'S{s:03d}/001'
        for number in (1, 2):
            put(tmp_path / f'CK+/cohn-kanade-images/{folder}/S{s:03d}_001_{number:08d}.png')
        put(tmp_path / f'CK+/Emotion/{folder}/S{s:03d}_001_00000002_emotion.txt',
            f'   {s % 7 + 1}.0000000e+00\n'.encode())
    return tmp_path / 'CK+'


def test_ckplus_as_a_command_in_another_folder(ckplus, tmp_path):
    put(ckplus / 'Emotion/S003/001/S003_001_00000002_emotion.txt', b'   9.0000000e+00\n')
    done = subprocess.run(
        [sys.executable, TOOL, 'ckplus', '--root', ckplus, '--out', 'out'], cwd=tmp_path,
        capture_output=True, text=True, check=True)
    annotations = read_annotations(tmp_path / 'out/annotations.json')
    check_root(annotations, ckplus)
    tenfold = read_protocol(tmp_path / 'out/protocol_10fold.json', annotations)
    assert tenfold.subject_disjoint
    # S003 has no usable label, so S012 is the eleventh labelled subject
    assert tenfold.split('fold1').test == ('S001_001', 'S012_001')
    assert tenfold.split('fold3').test == ('S004_001',)
    random = read_protocol(tmp_path / 'out/protocol_random80.json', annotations)
    assert not random.subject_disjoint
    assert len(random.splits) == 10
    assert 'may show the same people' in done.stdout
    assert 'the published test parts hold 33, 39, 40' in done.stdout
    assert 'labelled sequences 11 instead of 327 (-316)' in done.stdout
    assert 'Emotion/S003/001/S003_001_00000002_emotion.txt: label' in done.stdout
    assert not done.stderr


def test_running_twice_or_in_another_order_on_disk_gives_the_same_bytes(
        ckplus, tmp_path, monkeypatch):
    assert main(['ckplus', '--root', str(ckplus), '--out', str(tmp_path / 'a')]) == 0
    first = contents(tmp_path / 'a')
    assert sorted(first) == ['annotations.json', 'protocol_10fold.json',
                             'protocol_random80.json']
    plain = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path='.': sorted(plain(path), reverse=True))
    for out in ('a', 'b'):
        assert main(['ckplus', '--root', str(ckplus), '--out', str(tmp_path / out)]) == 0
        assert contents(tmp_path / out) == first
    assert main(['ckplus', '--root', str(ckplus), '--out', str(tmp_path / 'c'),
                 '--seed', '1']) == 0
    other = contents(tmp_path / 'c')
    assert other['annotations.json'] == first['annotations.json']
    assert other['protocol_random80.json'] != first['protocol_random80.json']


def test_ckplus_options(ckplus, tmp_path, capsys):
    put(tmp_path / 'crops/S001/001/S001_001_00000001.png', b'')
    for s in range(1, 13):
        put(tmp_path / f'crops/S{s:03d}/001/S{s:03d}_001_00000002.png')
    put(tmp_path / 'crops/S013/001/S013_001_00000001.png')
    out = tmp_path / 'out'
    common = ['ckplus', '--root', str(ckplus), '--frames', str(tmp_path / 'crops'),
              '--out', str(out)]
    assert main([*common, '--keep-unlabelled']) == 0
    assert 'S001/001/S001_001_00000001.png: empty file' in capsys.readouterr().out
    annotations = read_annotations(out / 'annotations.json')
    check_root(annotations, tmp_path / 'crops')
    assert 'label' not in annotations.by_clip['S013_001']
    assert annotations.by_clip['S001_001']['frame_numbers'] == [2]
    assert main([*common, '--no-verify']) == 0
    annotations = read_annotations(out / 'annotations.json')
    assert 'S013_001' not in annotations.by_clip
    assert annotations.by_clip['S001_001']['num_frames'] == 2


def test_nothing_to_convert_is_an_error(tmp_path, capsys):
    assert main(['ckplus', '--root', str(tmp_path), '--out', str(tmp_path / 'out')]) == 1
    assert 'CorpusError' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def generic(tmp_path, text, *options):
    for clip in range(8):
        put(tmp_path / f'frames/c{clip}/1.png')
    (tmp_path / 'labels.csv').write_text(text)
    return main(['generic', '--root', str(tmp_path / 'frames'), '--labels',
                 str(tmp_path / 'labels.csv'), '--out', str(tmp_path / 'out'), *options])


def table(header, cell):
    return '\n'.join([f'clip,label,{header}',
                      *(f'c{i},{"happy" if i % 2 else "sad"},{cell(i)}' for i in range(8))])


def protocol(tmp_path, name):
    return read_protocol(tmp_path / 'out' / name,
                         read_annotations(tmp_path / 'out/annotations.json'))


def test_generic_with_folds_by_subject(tmp_path, capsys):
    text = table('subject,fold,split',
                 lambda i: f's{i // 2},{i // 4},{"test" if i > 5 else "train"}')
    assert generic(tmp_path, text, '--folds', '4') == 0
    for name, splits in [('protocol_fold.json', 2), ('protocol_split.json', 1),
                         ('protocol_4fold.json', 4)]:
        found = protocol(tmp_path, name)
        assert found.subject_disjoint
        assert len(found.splits) == splits
    assert 'note' not in capsys.readouterr().out


def test_a_fold_column_that_shares_subjects_is_noted(tmp_path, capsys):
    assert generic(tmp_path, table('subject,fold', lambda i: f's{i // 2},{i % 2}')) == 0
    assert not protocol(tmp_path, 'protocol_fold.json').subject_disjoint
    assert 'may show the same people' in capsys.readouterr().out


def test_folds_of_clips_are_noted(tmp_path, capsys):
    assert generic(tmp_path, table('scene', lambda i: 'x'), '--folds', '2') == 0
    assert not protocol(tmp_path, 'protocol_2fold.json').subject_disjoint
    assert 'not subject-disjoint' in capsys.readouterr().out
    assert sorted(contents(tmp_path / 'out')) == ['annotations.json', 'protocol_2fold.json']


def test_random_splits_are_noted(tmp_path, capsys):
    text = table('subject', lambda i: f's{i // 2}')
    assert generic(tmp_path, text, '--random-splits', '3') == 0
    found = protocol(tmp_path, 'protocol_random80.json')
    assert [len(split.test) for split in found.splits] == [2, 2, 2]
    assert 'may show the same people' in capsys.readouterr().out


def test_more_folds_than_subjects_is_an_error(tmp_path, capsys):
    assert generic(tmp_path, table('subject', lambda i: f's{i // 2}'), '--folds', '5') == 1
    assert '4 labelled subjects do not make 5 folds' in capsys.readouterr().err


def test_generic_options(tmp_path):
    put(tmp_path / 'frames/c0/2.png', b'')
    text = table('subject', lambda i: f's{i}')
    assert generic(tmp_path, text, '--classes', 'happy', 'sad', '--start-index', '0') == 0
    annotations = read_annotations(tmp_path / 'out/annotations.json')
    assert annotations.classes == ('happiness', 'sadness')
    assert annotations.by_clip['c0']['frame_numbers'] == [2]
    assert generic(tmp_path, text, '--no-verify') == 0
    assert read_annotations(tmp_path / 'out/annotations.json').by_clip['c0']['num_frames'] == 2


def test_help_names_every_corpus(capsys):
    with pytest.raises(SystemExit, match='0'):
        main(['--help'])
    text = capsys.readouterr().out
    assert 'ckplus' in text
    assert 'generic' in text


def test_crops_of_an_extraction_bring_their_ledger(tmp_path):
    """From the command line to an annotation file that is read back."""
    crops = write_extraction(tmp_path / 'out', {
        'a': {1: 'found*2 absent*1 interpolated*1 found*1'}, 'b': {1: 'absent*3'},
        'c': {1: 'found*2'}}, crop=IMAGE)
    put(tmp_path / 'labels.csv', b'clip,label\na,anger\nb,fear\n')
    done = subprocess.run(
        [sys.executable, TOOL, 'generic', '--root', crops, '--labels', tmp_path / 'labels.csv',
         '--out', tmp_path / 'made'], capture_output=True, text=True, check=True)
    annotations = read_annotations(tmp_path / 'made/annotations.json')
    a, b = annotations.rows
    assert (a['face_status'], a['coverage']) == ('found*2 absent*1 interpolated*1 found*1', .6)
    assert (a['frame_numbers'], a['start_index']) == ([1, 2, 4, 5], 1)
    assert (b['num_frames'], b['face_status'], b['coverage']) == (0, 'absent*3', 0)
    assert annotations.metainfo['ledger_hash'] == find_ledger(crops).hash
    assert 'clips in ledger.parquet that are not of the corpus: 1 (c)' in done.stdout
    assert 'clips without a face' in done.stdout
    (crops / 'a/000003.png').write_bytes(IMAGE)  # of nothing that the ledger knows
    done = subprocess.run(
        [sys.executable, TOOL, 'generic', '--root', crops, '--labels', tmp_path / 'labels.csv',
         '--out', tmp_path / 'made'], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr.startswith('LedgerError: ')
    assert 'Traceback' not in done.stderr
