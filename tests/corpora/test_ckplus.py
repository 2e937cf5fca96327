"""CK+'s entries are typed by hand from its published layout, none is generated."""
import os

import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.ckplus import KNOWN, KNOWN_FOLDS, convert
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError
from mmfer.labels import CKPLUS_CLASSES
from mmfer.protocols import step_kfold

# images of a sequence; its emotion file and the text in it
ENTRIES = [
    ('S005/001', ['S005_001_00000001.png', 'S005_001_00000002.png', 'S005_001_00000003.png'],
     'S005_001_00000003_emotion.txt', '   3.0000000e+00\n', 'disgust'),
    ('S010/002', ['S010_002_00000001.png', 'S010_002_00000002.png'],
     'S010_002_00000002_emotion.txt', '   7.0000000e+00\n', 'surprise'),
    ('S010/004', ['S010_004_00000001.png', 'S010_004_00000002.png'],
     'S010_004_00000002_emotion.txt', '   1.0000000e+00\n', 'anger'),
    ('S010/006', ['S010_006_00000001.png'],
     'S010_006_00000001_emotion.txt', '   5.0000000e+00\n', 'happiness'),
    ('S011/001', ['S011_001_00000001.png', 'S011_001_00000002.png'],
     'S011_001_00000002_emotion.txt', '   7.0000000e+00', 'surprise'),
    ('S011/003', ['S011_003_00000001.png', 'S011_003_00000002.png'],
     'S011_003_00000002_emotion.txt', '   4.0000000e+00\n', 'fear'),
    ('S014/002', ['S014_002_00000001.png', 'S014_002_00000002.png'],
     'S014_002_00000002_emotion.txt', '6.0000000e+00\n', 'sadness'),
    ('S138/008', ['S138_008_00000001.png', 'S138_008_00000002.png'],
     'S138_008_00000002_emotion.txt', '   2.0000000e+00\n', 'contempt'),
    ('S999/001', ['S999_001_00000001.png', 'S999_001_00000002.png'],
     'S999_001_00000002_emotion.txt', '   1.0000000e+00\n', 'anger'),
    ('S506/006', ['S506_006_00000001.png', 'S506_006_00000002.png'],
     'S506_006_00000002_emotion.txt', '   5.0000000e+00\r\n', 'happiness'),
    # without an emotion file: unlabelled, as 266 sequences of CK+ are
    ('S005/002', ['S005_002_00000001.png', 'S005_002_00000002.png'], None, None, None),
    ('S501/001', ['S501_001_00000001.png', 'S501_001_00000002.png'], None, None, None),
]


@pytest.fixture
def root(tmp_path, put):
    """A copy of CK+ with the entries above."""
    root = tmp_path / 'CK+'
    for sequence, images, emotion, text, _ in ENTRIES:
        for name in images:
            put(root / 'cohn-kanade-images' / sequence / name)
        if emotion:
            put(root / 'Emotion' / sequence / emotion, text.encode())
        else:
            (root / 'Emotion' / sequence).mkdir(parents=True)
    return root


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


def told(conversion, entry):
    """What was reported about an entry."""
    return [problem for name, problem in conversion.report.problems if name == entry]


def test_entries_typed_by_hand(root):
    conversion = convert(Source(root))
    rows = by_clip(conversion)
    labelled = [entry for entry in ENTRIES if entry[2]]
    assert len(rows) == len(labelled) == 10
    for sequence, images, _, _, label in labelled:
        subject, number = sequence.split('/')
        row = rows[f'{subject}_{number}']
        assert row['subject'] == subject
        assert CKPLUS_CLASSES[row['label']] == label
        assert row['frames'] == f'cohn-kanade-images/{sequence}'
        assert row['num_frames'] == len(images)
        assert row['apex'] == [len(images), len(images)]
        assert 'frame_numbers' not in row
        assert [row['filename_tmpl'].format(i + row['start_index'])
                for i in range(len(images))] == images
    assert conversion.report.problems == []
    assert conversion.metainfo['classes'] == list(CKPLUS_CLASSES)
    assert conversion.found == {
        'sequences': 12, 'subjects': 8, 'labelled sequences': 10, 'labelled subjects': 7,
        'anger': 2, 'contempt': 1, 'disgust': 1, 'fear': 1, 'happiness': 2, 'sadness': 1,
        'surprise': 2, 'fewest frames': 1, 'most frames': 3, 'frames of all rows': 20}


def test_known_counts_add_up():
    assert sum(KNOWN[name] for name in CKPLUS_CLASSES) == KNOWN['labelled sequences'] == 327
    assert sum(KNOWN_FOLDS) == 327


def test_unlabelled_sequences_are_kept_on_request(root):
    rows = by_clip(convert(Source(root), keep_unlabelled=True))
    assert len(rows) == 12
    assert rows['S005_002'] == {
        'clip': 'S005_002', 'frames': 'cohn-kanade-images/S005/002', 'num_frames': 2,
        'filename_tmpl': 'S005_002_{:08d}.png', 'start_index': 1, 'subject': 'S005'}
    assert 'sequences without a label (2, CK+ has 266): S005_002 S501_001' in convert(
        Source(root)).report.notes


def test_folds_take_labelled_subjects_in_turn(root):
    conversion = convert(Source(root), keep_unlabelled=True)
    protocol = step_kfold(Annotations(conversion.metainfo, conversion.rows, 'x'), folds=3)
    # ascending: S005 S010 S011 S014 S138 S506 S999; S501 has no label
    assert [split.test for split in protocol.splits] == [
        ('S005_001', 'S014_002', 'S999_001'),
        ('S010_002', 'S010_004', 'S010_006', 'S138_008'),
        ('S011_001', 'S011_003', 'S506_006')]


@pytest.mark.parametrize(('text', 'message'), [
    (b'   9.0000000e+00\n', 'not a code of ckplus'), (b'   0.0000000e+00\n', 'not a code'),
    (b'', 'no number'), (b'happy', 'no number'), (b'\xff\xfe3', 'no number'),
    (b'3.5', 'not a whole number'), (b'inf', 'no number'), (b'nan', 'no number'),
])
def test_odd_labels_are_reported_and_the_rest_is_converted(root, put, text, message):
    put(root / 'Emotion/S005/001/S005_001_00000003_emotion.txt', text)
    conversion = convert(Source(root))
    assert len(conversion.rows) == 9
    (problem,) = told(conversion, 'Emotion/S005/001/S005_001_00000003_emotion.txt')
    assert message in problem
    assert len(conversion.report.problems) == 1


def test_two_labels_for_one_sequence(root, put):
    put(root / 'Emotion/S005/001/S005_001_00000002_emotion.txt', b'1')
    conversion = convert(Source(root))
    assert 'S005_001' not in by_clip(conversion)
    assert told(conversion, 'Emotion/S005/001')


def test_files_that_are_not_named_like_labels(root, put):
    put(root / 'Emotion/S005/001/readme.txt', b'1')
    conversion = convert(Source(root))
    assert 'S005_001' in by_clip(conversion)
    assert 'not named like' in told(conversion, 'Emotion/S005/001/readme.txt')[0]


def test_a_truncated_image_counts_as_missing(root, put, png):
    entry = 'cohn-kanade-images/S005/001/S005_001_00000002.png'
    put(root / entry, png[:-4])
    conversion = convert(Source(root))
    row = by_clip(conversion)['S005_001']
    assert row['frame_numbers'] == [1, 3]
    assert row['num_frames'] == 2
    assert row['apex'] == [3, 3]
    assert told(conversion, entry) == ['truncated image; frame left out']
    assert convert(Source(root, verify=False)).report.problems == []


def test_a_missing_peak_leaves_no_apex(root):
    (root / 'cohn-kanade-images/S005/001/S005_001_00000003.png').unlink()
    conversion = convert(Source(root))
    row = by_clip(conversion)['S005_001']
    assert row['num_frames'] == 2
    assert 'apex' not in row
    assert 'names 3 as the peak' in told(conversion, 'cohn-kanade-images/S005/001')[0]


def test_a_gap_in_the_numbers(root):
    (root / 'cohn-kanade-images/S005/001/S005_001_00000002.png').unlink()
    conversion = convert(Source(root))
    assert by_clip(conversion)['S005_001']['frame_numbers'] == [1, 3]
    assert 'numbers are missing' in told(conversion, 'cohn-kanade-images/S005/001')[0]


def test_copies_numbered_from_zero(root, put):
    folder = root / 'cohn-kanade-images/S005/001'
    for name in sorted(os.listdir(folder)):
        number = int(name[-12:-4])
        (folder / name).rename(folder / f'S005_001_{number - 1:08d}.png')
    conversion = convert(Source(root))
    row = by_clip(conversion)['S005_001']
    assert (row['start_index'], row['num_frames'], row['apex']) == (0, 3, [3, 3])
    assert conversion.report.problems == []


def test_empty_folders(root):
    (root / 'cohn-kanade-images/S600').mkdir()
    (root / 'cohn-kanade-images/S005/007').mkdir()
    conversion = convert(Source(root))
    assert 'empty folder' in told(conversion, 'cohn-kanade-images/S600')[0]
    assert 'no image' in told(conversion, 'cohn-kanade-images/S005/007')[0]
    assert len(conversion.rows) == 10


def test_a_label_without_images(root, put):
    put(root / 'Emotion/S700/001/S700_001_00000009_emotion.txt', b'1')
    conversion = convert(Source(root))
    assert 'without images' in told(conversion, 'Emotion/S700/001')[0]
    assert len(conversion.rows) == 10


def test_non_ascii_names_are_reported_and_work(root):
    for part in ('cohn-kanade-images', 'Emotion'):
        (root / part / 'S138').rename(root / part / 'Sé138')
    conversion = convert(Source(root))
    assert by_clip(conversion)['Sé138_008']['frames'] == 'cohn-kanade-images/Sé138/008'
    assert 'not a name of a CK+ subject' in told(conversion, 'cohn-kanade-images/Sé138')[0]


def test_stray_files(root, put):
    put(root / 'cohn-kanade-images/.DS_Store')
    put(root / 'cohn-kanade-images/S005/.DS_Store')
    put(root / 'cohn-kanade-images/S005/001/.DS_Store')
    put(root / 'cohn-kanade-images/ReadMe.txt')
    put(root / 'cohn-kanade-images/S005/ReadMe.txt')
    conversion = convert(Source(root))
    assert conversion.report.ignored == {'.DS_Store': 3}
    assert told(conversion, 'cohn-kanade-images/ReadMe.txt')
    assert told(conversion, 'cohn-kanade-images/S005/ReadMe.txt')
    assert len(conversion.report.problems) == 2


def test_links_out_of_the_corpus(root, put, tmp_path):
    put(tmp_path / 'elsewhere/S005_003_00000001.png')
    put(tmp_path / 'label.txt', b'1')
    (root / 'cohn-kanade-images/S005/003').symlink_to(tmp_path / 'elsewhere')
    emotion = root / 'Emotion/S005/002/S005_002_00000002_emotion.txt'
    emotion.symlink_to(tmp_path / 'label.txt')
    conversion = convert(Source(root), keep_unlabelled=True)
    assert 'symbolic link' in told(conversion, 'cohn-kanade-images/S005/003')[0]
    assert 'symbolic link' in told(conversion, 'Emotion/S005/002/' + emotion.name)[0]
    assert 'label' not in by_clip(conversion)['S005_002']
    assert 'S005_003' not in by_clip(conversion)


def test_own_crops(root, put, tmp_path):
    crops = tmp_path / 'crops'
    put(crops / 'S005/001/S005_001_00000001.jpg')
    put(crops / 'S005/001/S005_001_00000003.jpg')
    conversion = convert(Source(root, crops))
    row = by_clip(conversion)['S005_001']
    assert row['frames'] == 'S005/001'
    assert row['frame_numbers'] == [1, 3]
    assert row['apex'] == [3, 3]
    missing = by_clip(conversion)['S010_002']
    assert (missing['num_frames'], missing['subject']) == (0, 'S010')
    assert CKPLUS_CLASSES[missing['label']] == 'surprise'
    assert 'kept as a clip without a face' in told(conversion, 'S010/002')[0]
    assert conversion.found['labelled sequences'] == len(conversion.rows)


def test_nothing_to_convert(root, tmp_path):
    with pytest.raises(CorpusError, match='no such folder'):
        convert(Source(tmp_path))
    (tmp_path / 'empty/cohn-kanade-images').mkdir(parents=True)
    (tmp_path / 'empty/Emotion').mkdir()
    with pytest.raises(CorpusError, match='nothing could be converted'):
        convert(Source(tmp_path / 'empty'))


def test_the_order_on_disk_does_not_matter(root, monkeypatch):
    expected = convert(Source(root))
    plain = os.listdir
    monkeypatch.setattr(os, 'listdir', lambda path: sorted(plain(path), reverse=True))
    conversion = convert(Source(root))
    assert conversion.rows == expected.rows
    assert conversion.report == expected.report
