"""BU-4DFE's entries are typed by hand from its published layout; a generated copy is broken."""
import shutil

import pytest

from mmfer.annotations import Annotations
from mmfer.corpora import Source
from mmfer.corpora.bu4dfe import CLASSES, KNOWN, convert, protocols
from mmfer.errors import CorpusError

# folder, its files, label, subject, sex
ENTRIES = [
    ('F001/Angry', ['000.jpg', '001.jpg', '002.jpg'], 'anger', 'F001', 'female'),
    ('F001/Disgust', ['000.jpg', '001.jpg'], 'disgust', 'F001', 'female'),
    ('F001/Fear', ['000.jpg', '001.jpg'], 'fear', 'F001', 'female'),
    ('F001/Happy', ['000.jpg', '001.jpg'], 'happiness', 'F001', 'female'),
    ('F001/Sad', ['000.jpg'], 'sadness', 'F001', 'female'),
    ('F001/Surprise', ['000.jpg', '001.jpg'], 'surprise', 'F001', 'female'),
    ('F058/Happy', ['000.jpg', '001.jpg'], 'happiness', 'F058', 'female'),
    ('M001/Angry', ['000.jpg', '001.jpg'], 'anger', 'M001', 'male'),
    ('M012/Surprise', ['000.jpg', '001.jpg'], 'surprise', 'M012', 'male'),
    ('M043/Sad', ['098.jpg', '099.jpg', '100.jpg'], 'sadness', 'M043', 'male'),
    # other case
    ('m002/fear', ['000.jpg', '001.jpg'], 'fear', 'M002', 'male'),
]


@pytest.fixture
def root(tmp_path, put):
    for folder, files, *_ in ENTRIES:
        for name in files:
            put(tmp_path / 'BU4DFE' / folder / name)
            put(tmp_path / 'BU4DFE' / folder / name.replace('.jpg', '.wrl'), b'#VRML V2.0 utf8')
    return tmp_path / 'BU4DFE'


def test_entries_typed_by_hand(root, told):
    conversion = convert(Source(root))
    rows = {row['frames']: row for row in conversion.rows}
    assert len(rows) == len(ENTRIES)
    for folder, files, label, subject, sex in ENTRIES:
        row = rows[folder]
        assert row['clip'] == f'{subject}_{label}'
        assert (CLASSES[row['label']], row['subject'], row['sex']) == (label, subject, sex)
        assert [row['filename_tmpl'].format(i + row['start_index'])
                for i in range(row['num_frames'])] == files
        assert 'frame_numbers' not in row
    assert conversion.found == {
        'clips': 11, 'subjects': 6, 'anger': 2, 'disgust': 1, 'fear': 2, 'happiness': 2,
        'sadness': 2, 'surprise': 2, 'fewest frames': 1, 'most frames': 3,
        'frames of all clips': 23, 'female subjects': 2, 'male subjects': 4}
    assert conversion.report.ignored == {'*.wrl': 23}
    # incomplete subjects, and nothing about their meshes
    assert {entry for entry, _ in conversion.report.problems} == {
        'F058', 'M001', 'M012', 'M043', 'm002'}
    assert told(conversion, 'M001') == [
        'has no folder for disgust, fear, happiness, sadness, surprise']


def test_known_counts_add_up():
    assert sum(KNOWN[name] for name in CLASSES) == KNOWN['clips'] == 6 * KNOWN['subjects']
    assert KNOWN['female subjects'] + KNOWN['male subjects'] == KNOWN['subjects']


def test_ten_folds_take_subjects_in_turn(written):
    root, layout = written('bu4dfe')
    conversion = convert(Source(root))
    made = protocols(Annotations(conversion.metainfo, conversion.rows, root), conversion, 0)
    (protocol,) = made.values()
    assert list(made) == ['protocol_10fold']
    assert protocol.subject_disjoint
    subjects = sorted({clip.person for clip in layout.clips})  # F001..F007, M001..M005
    for index, split in enumerate(protocol.splits):
        assert {clip[:4] for clip in split.test} == set(subjects[index::10])


def test_a_broken_copy(copied, put, told, tmp_path):
    root, layout = copied('bu4dfe')
    first = root / 'F001/Angry/000.jpg'
    put(first, first.read_bytes()[:-3])
    put(root / 'F001/Disgust/001.jpg', b'')
    shutil.rmtree(root / 'F001/Fear')
    (root / 'F001/Fear').mkdir()
    (root / 'F002/Sad').rename(root / 'F002/Sadly')
    (root / 'F002/Happy').rename(root / 'F002/Neutral')
    shutil.copytree(root / 'F003/Angry', root / 'F003/anger')
    (root / 'M001').rename(root / 'X001')
    shutil.move(root / 'M002', tmp_path / 'elsewhere')
    (root / 'M002').symlink_to(tmp_path / 'elsewhere')
    put(root / 'readme.txt', b'x')
    put(root / 'F004/readme.txt', b'x')
    conversion = convert(Source(root))
    assert told(conversion, 'F001/Angry/000.jpg') == ['truncated image; frame left out']
    assert told(conversion, 'F001/Disgust/001.jpg') == ['empty file; frame left out']
    assert told(conversion, 'F001/Fear') == ['no image in the folder; left out']
    assert "did you mean 'sad'" in told(conversion, 'F002/Sadly')[0]
    assert 'neutral is no class' in told(conversion, 'F002/Neutral')[0]
    assert 'has no folder for happiness, sadness' in told(conversion, 'F002')[0]
    assert "is clip 'F003_anger', as F003/Angry is already" in told(conversion, 'F003/anger')[0]
    assert 'not a name of a BU-4DFE subject' in told(conversion, 'X001')[0]
    assert len([entry for entry, problem in conversion.report.problems
                if entry.startswith('M002/') and 'symbolic link' in problem]) == 6
    assert 'left out' in told(conversion, 'readme.txt')[0]
    assert 'left out' in told(conversion, 'F004/readme.txt')[0]
    # lost: Fear of F001, two of F002, all of M001 and M002
    assert len(conversion.rows) == len(layout.clips) - 1 - 2 - 12
    row = {row['clip']: row for row in conversion.rows}['F001_disgust']
    assert 2 not in row.get('frame_numbers', [1])


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no such folder; it holds the folders of the subjects'):
        convert(Source(tmp_path / 'none'))
    put(tmp_path / 'F001/Angry/notes.txt', b'x')
    with pytest.raises(CorpusError, match=r'nothing could be converted(.|\n)*no image in the'):
        convert(Source(tmp_path))
