"""eNTERFACE'05's entries are typed by hand from its layout; a generated copy is broken."""
import shutil
from pathlib import Path

import pytest

from mmfer.annotations import Annotations, read_annotations
from mmfer.cli.prepare import main
from mmfer.corpora import Source
from mmfer.corpora.enterface import CLASSES, KNOWN, _compared, convert, protocols
from mmfer.errors import CorpusError

# path, clip, label, subject, sentence
ENTRIES = [
    ('subject 1/anger/sentence 1/s1_an_1', 's1_an_1', 'anger', '1', 1),
    ('subject 1/anger/sentence 2/s1_an_2', 's1_an_2', 'anger', '1', 2),
    ('subject 1/disgust/sentence 1/s1_di_1', 's1_di_1', 'disgust', '1', 1),
    ('subject 2/fear/sentence 5/s2_fe_5', 's2_fe_5', 'fear', '2', 5),
    ('subject 2/happiness/sentence 3/s2_ha_3', 's2_ha_3', 'happiness', '2', 3),
    ('subject 3/sadness/sentence 1/s_3_sa_1', 's3_sa_1', 'sadness', '3', 1),
    ('subject 11/anger/sentence 1/s12_an_1', 's11_an_1', 'anger', '11', 1),
    ('subject 11/anger/sentence 2/s12_an_2', 's11_an_2', 'anger', '11', 2),
    ('subject 12/anger/sentence 1/s12_an_1', 's12_an_1', 'anger', '12', 1),
    ('subject 16/surprise/sentence 3/s16_su_3avi', 's16_su_3', 'surprise', '16', 3),
    ('subject-44/sadness/sentence-4/s44_sa_4', 's44_sa_4', 'sadness', '44', 4),
    ('Subject 23/Surprise/Sentence 1/S23_SU_1', 's23_su_1', 'surprise', '23', 1),
]
UNCUT = ['subject 6/anger/s6_an', 'subject 6/fear/s6_fe']


@pytest.fixture
def root(tmp_path, put):
    """Folders of frames stand for the videos, so that nothing needs to be encoded."""
    for path in [*(entry[0] for entry in ENTRIES), *UNCUT]:
        put(tmp_path / "eNTERFACE'05" / path / '000001.png')
    return tmp_path / "eNTERFACE'05"


def test_entries_typed_by_hand(root, told):
    conversion = convert(Source(root))
    rows = {row['frames']: row for row in conversion.rows}
    assert len(rows) == len(ENTRIES)
    for path, clip, label, subject, sentence in ENTRIES:
        row = rows[path]
        assert (row['clip'], CLASSES[row['label']], row['subject'], row['sentence']) == (
            clip, label, subject, sentence)
    # a known oddity of the corpus, told once and not file by file
    assert told(conversion, 'subject 11') == [
        '2 files are named s12_...; taken as the folder says']
    assert len(conversion.report.problems) == 1
    assert 'left out as --exclude-subjects says: subject 6 (2 clips)' in conversion.report.notes


def test_excluded_subjects(root):
    everyone = convert(Source(root), exclude_subjects=[])
    rows = {row['clip']: row for row in everyone.rows}
    assert len(rows) == len(ENTRIES) + len(UNCUT)
    assert rows['s6_an']['subject'] == '6'
    assert 'sentence' not in rows['s6_an']
    fewer = convert(Source(root), exclude_subjects=[1, 2])
    assert len(fewer.rows) == len(ENTRIES) + len(UNCUT) - 5
    assert ('left out as --exclude-subjects says: subject 1 (3 clips), subject 2 (2 clips)'
            in fewer.report.notes)


def test_excluded_subjects_of_the_command(root, tmp_path):
    def clips(*words):
        assert main(['enterface', '--root', str(root), '--out', str(tmp_path / 'out'), *words]) == 0
        return len(read_annotations(tmp_path / 'out/annotations.json').rows)

    assert clips() == len(ENTRIES)
    assert clips('--exclude-subjects') == len(ENTRIES) + len(UNCUT)
    assert clips('--exclude-subjects', '6', '11') == len(ENTRIES) - 2


def test_known_counts_add_up():
    plain = KNOWN['as distributed, without subject 6']
    assert plain['clips'] == sum(plain[name] for name in CLASSES) == 42 * 30 + 27
    everyone = KNOWN['as distributed, with subject 6']
    assert everyone['clips'] == sum(everyone[name] for name in CLASSES) == plain['clips'] + 6


@pytest.mark.parametrize(('clips', 'subject', 'version'), [
    (1293, '6', 'as distributed, with subject 6'), (1287, '1', 'as distributed, without subject 6'),
    (60, '6', 'as distributed, with subject 6'), (60, '1', 'as distributed, without subject 6'),
    (1166, '1', 'in the paper')])
def test_counts_stand_beside_those_of_the_version(clips, subject, version):
    rows = [{'clip': str(number), 'num_frames': 1, 'label': 0, 'subject': subject}
            for number in range(clips)]
    source = Source(Path('x'))
    assert _compared(source, rows).known == KNOWN[version]
    (note,) = source.report.notes
    assert note.startswith(f'compared with the corpus {version} (')
    for expected in ('1,287 clips of 43', '1,293 clips of 44', 'in the paper: 1,166 clips of 42'):
        assert expected in note


def test_a_whole_copy_has_no_deviation(tmp_path, put):
    for subject in [number for number in range(1, 45) if number != 6]:
        for code, label in zip(('an', 'di', 'fe', 'ha', 'sa', 'su'), CLASSES, strict=True):
            for sentence in range(1, 3 if (subject, code) == (23, 'ha') else 6):
                put(tmp_path / f'subject {subject}/{label}/sentence {sentence}/'
                    f's{subject}_{code}_{sentence}.avi')
    conversion = convert(Source(tmp_path, listing=True, verify=False))
    assert conversion.table()[-1] == 'deviations from the known counts: none'
    assert len([row for row in conversion.rows if row['subject'] == '23']) == 27


def test_protocols(written):
    root, layout = written('enterface')
    conversion = convert(Source(root))
    annotations = Annotations(conversion.metainfo, conversion.rows, root)
    made = protocols(annotations, conversion, 0)
    assert list(made) == ['protocol_5fold', 'protocol_random80']
    folds = made['protocol_5fold']
    assert folds.subject_disjoint
    assert sorted(clip for split in folds.splits for clip in split.test) == sorted(
        row['clip'] for row in conversion.rows)
    random = made['protocol_random80']
    assert not random.subject_disjoint
    assert [len(split.test) for split in random.splits] == [12] * 10  # 20% of 60


def test_a_broken_copy(copied, told, put, tmp_path):
    root, layout = copied('enterface')
    first = root / 'subject 1/anger/sentence 1/s1_an_1.avi'
    first.write_bytes(b'')
    cut = root / 'subject 1/anger/sentence 2/s1_an_2.avi'
    cut.write_bytes(cut.read_bytes()[:100])
    folder = root / 'subject 1/disgust'
    (folder / 'sentence 1/s1_di_1.avi').rename(folder / 'sentence 1/s1_fe_1.avi')
    (folder / 'sentence 2/s1_di_2.avi').rename(folder / 'sentence 2/s1_di_5.avi')
    (root / 'subject 1/fear/sentence 1/s1_fe_1.avi').unlink()
    (root / 'subject 1/fear/sentence 2/s1_fe_2.avi').rename(
        root / 'subject 1/fear/sentence 2/fear.avi')
    (root / 'subject 1/happiness').rename(root / 'subject 1/hapiness')
    (root / 'subject 1/sadness').rename(root / 'subject 1/neutral')
    shutil.copy(root / 'subject 1/surprise/sentence 1/s1_su_1.avi',
                root / 'subject 1/surprise/sentence 1/s1_su_1.mp4')
    (root / 'subject 2').rename(root / 'person 2')
    shutil.move(root / 'subject 3/anger', tmp_path / 'elsewhere')
    (root / 'subject 3/anger').symlink_to(tmp_path / 'elsewhere')
    put(root / 'subject 4/notes.txt', b'x')
    put(root / 'readme.txt', b'x')
    put(root / 'subject 4/anger/sentence 1/s4.txt', b'x')
    conversion = convert(Source(root))
    assert 'empty file' in told(conversion, 'subject 1/anger/sentence 1/s1_an_1.avi')[0]
    assert 'cannot be opened' in told(conversion, 'subject 1/anger/sentence 2/s1_an_2.avi')[0]
    assert 'its name says fear, its folder disgust' in told(
        conversion, 'subject 1/disgust/sentence 1/s1_fe_1.avi')[0]
    assert 'its name says sentence 5, its folder 2' in told(
        conversion, 'subject 1/disgust/sentence 2/s1_di_5.avi')[0]
    assert 'no video' in told(conversion, 'subject 1/fear/sentence 1')[0]
    assert 'not a name' in told(conversion, 'subject 1/fear/sentence 2/fear.avi')[0]
    assert "did you mean 'happiness'" in told(conversion, 'subject 1/hapiness')[0]
    assert 'neutral is no class' in told(conversion, 'subject 1/neutral')[0]
    assert 'already' in told(conversion, 'subject 1/surprise/sentence 1/s1_su_1.mp4')[0]
    assert 'not a name of a subject' in told(conversion, 'person 2')[0]
    assert 'symbolic link' in told(conversion, 'subject 3/anger/sentence 1/s3_an_1.avi')[0]
    for entry in ('subject 4/notes.txt', 'readme.txt', 'sentence 1/s4.txt'):
        assert 'left out' in told(conversion, entry)[0]
    # of subject 1 three are left (s1_di_2 and two of surprise), of subject 3 two are lost
    assert len(conversion.rows) == len(layout.clips) - 9 - 12 - 2
    assert len(conversion.report.problems) == 15


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no such folder; it holds the folders "subject 1"'):
        convert(Source(tmp_path / 'none'))
    put(tmp_path / 'enterface database/subject 1/anger/sentence 1/s1_an_1.avi')
    with pytest.raises(CorpusError, match=r'enterface database: not a name of a subject'):
        convert(Source(tmp_path))
