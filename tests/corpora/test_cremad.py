"""CREMA-D's entries are typed by hand from its naming; a generated copy is broken."""
import shutil

import pytest

from mmfer.annotations import Annotations
from mmfer.corpora import Source
from mmfer.corpora.cremad import CLASSES, KNOWN, convert, protocols
from mmfer.errors import CorpusError

# label, actor, sentence, level
ENTRIES = {
    '1001_DFA_ANG_XX': ('anger', '1001', 'DFA', 'unspecified'),
    '1001_DFA_DIS_XX': ('disgust', '1001', 'DFA', 'unspecified'),
    '1001_IEO_FEA_LO': ('fear', '1001', 'IEO', 'low'),
    '1001_IEO_HAP_MD': ('happiness', '1001', 'IEO', 'medium'),
    '1001_IEO_SAD_HI': ('sadness', '1001', 'IEO', 'high'),
    '1002_IEO_NEU_XX': ('neutral', '1002', 'IEO', 'unspecified'),
    '1002_WSI_HAP_XX': ('happiness', '1002', 'WSI', 'unspecified'),
    '1040_ITH_SAD_X': ('sadness', '1040', 'ITH', 'unspecified'),
    '1047_TSI_ANG_XX': ('anger', '1047', 'TSI', 'unspecified'),
    '1091_MTI_FEA_XX': ('fear', '1091', 'MTI', 'unspecified'),
}
TABLE = """"ActorID","Age","Sex","Race","Ethnicity"
1001,51,"Male","Caucasian","Not Hispanic"
1002,21,"Female","Caucasian","Not Hispanic"
1040,42,"Male","Caucasian","Not Hispanic"
1047,22,"Female","Unknown","Hispanic"
1091,29,"Female","Asian","Not Hispanic"
"""
PEOPLE = {'1001': (51, 'male', 'Caucasian', 'Not Hispanic'),
          '1002': (21, 'female', 'Caucasian', 'Not Hispanic'),
          '1040': (42, 'male', 'Caucasian', 'Not Hispanic'),
          '1047': (22, 'female', 'Unknown', 'Hispanic'),
          '1091': (29, 'female', 'Asian', 'Not Hispanic')}


@pytest.fixture
def root(tmp_path, put):
    """Folders of frames stand for the videos, so that nothing needs to be encoded."""
    for name in ENTRIES:
        put(tmp_path / f'CREMA-D/VideoFlash/{name}/000001.png')
    put(tmp_path / 'CREMA-D/VideoDemographics.csv', TABLE.encode())
    return tmp_path / 'CREMA-D'


def test_entries_typed_by_hand(root):
    conversion = convert(Source(root))
    rows = {row['clip']: row for row in conversion.rows}
    assert rows.keys() == ENTRIES.keys()
    for name, expected in ENTRIES.items():
        row = rows[name]
        assert row['frames'] == f'VideoFlash/{name}'
        assert (CLASSES[row['label']], row['subject'], row['sentence'], row['level']) == expected
        assert (row['age'], row['sex'], row['race'], row['ethnicity']) == PEOPLE[row['subject']]
    assert conversion.report.problems == []
    assert conversion.found | {'clips': 10, 'subjects': 5, 'female subjects': 3,
                               'male subjects': 2, 'sadness': 2} == conversion.found


def test_known_counts_add_up():
    assert sum(KNOWN[name] for name in CLASSES) == KNOWN['clips'] == 7442
    assert KNOWN['female subjects'] + KNOWN['male subjects'] == KNOWN['subjects'] == 91


def test_five_folds_of_18_consecutive_actors_and_the_last_of_19(tmp_path, put):
    for actor in range(1001, 1092):
        put(tmp_path / f'VideoFlash/{actor}_DFA_ANG_XX/1.png')
    conversion = convert(Source(tmp_path))
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x')
    (protocol,) = protocols(annotations, conversion, 0).values()
    found = [sorted(int(clip[:4]) for clip in split.test) for split in protocol.splits]
    assert found == [list(range(1001, 1019)), list(range(1019, 1037)), list(range(1037, 1055)),
                     list(range(1055, 1073)), list(range(1073, 1092))]
    assert protocol.subject_disjoint
    # an actor less changes no other fold
    less = [row for row in conversion.rows if row['subject'] != '1003']
    annotations = Annotations(conversion.metainfo, less, 'x')
    (protocol,) = protocols(annotations, conversion, 0).values()
    assert [sorted(int(clip[:4]) for clip in split.test) for split in protocol.splits][1:] == (
        found[1:])


@pytest.mark.parametrize(('table', 'message'), [
    (None, 'cannot be read'),
    (b'ActorID,Age,Sex\n1001,51,Male\n', 'has no column Ethnicity, Race'),
    (b'\xff\xfe\x00', 'not UTF-8'), (b'', 'needs a distinct name')])
def test_without_a_table_rows_lack_its_columns(root, table, message):
    path = root / 'VideoDemographics.csv'
    path.unlink()
    if table is not None:
        path.write_bytes(table)
    conversion = convert(Source(root))
    assert len(conversion.rows) == 10
    assert all('sex' not in row for row in conversion.rows)
    ((entry, problem),) = conversion.report.problems
    assert entry == 'VideoDemographics.csv'
    assert message in problem


def test_odd_lines_of_the_table(root, told):
    (root / 'VideoDemographics.csv').write_text(
        TABLE.replace('1002,21', '1002,young') + '1001,52,"Male","Asian","Hispanic"\n1003,21\n')
    conversion = convert(Source(root))
    assert "'young' is no age" in told(conversion, 'VideoDemographics.csv line 3')[0]
    assert 'listed already' in told(conversion, 'VideoDemographics.csv line 7')[0]
    assert '2 cells' in told(conversion, 'VideoDemographics.csv line 8')[0]
    assert 'has no actor 1002' in told(conversion, 'VideoDemographics.csv')[0]
    rows = {row['clip']: row for row in conversion.rows}
    assert rows['1001_DFA_ANG_XX']['age'] == 51
    assert 'age' not in rows['1002_IEO_NEU_XX']
    assert len(rows) == 10


def test_a_broken_copy(copied, put, told):
    root, layout = copied('cremad')
    folder = root / 'VideoFlash'
    videos = sorted(folder.iterdir())
    videos[0].write_bytes(b'')
    videos[1].write_bytes(b'version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 9\n')
    videos[2].write_bytes(videos[2].read_bytes()[:100])
    for video, name in zip(videos[3:], ('1001_DFA_RAG_XX', '1001_DFA_CAL_XX', '1001_XYZ_ANG_XX',
                                        '2001_DFA_ANG_XX', '1001-DFA-ANG-XX')):
        video.rename(folder / f'{name}.flv')
    shutil.copy(videos[8], videos[8].with_suffix('.mp4'))
    put(folder / 'list.txt', b'x')
    conversion = convert(Source(root))
    assert 'empty file' in told(conversion, f'VideoFlash/{videos[0].name}')[0]
    assert 'git lfs pull' in told(conversion, f'VideoFlash/{videos[1].name}')[0]
    assert told(conversion, f'VideoFlash/{videos[2].name}')
    assert "unknown expression 'RAG'" in told(conversion, 'VideoFlash/1001_DFA_RAG_XX.flv')[0]
    assert 'CAL' in told(conversion, 'VideoFlash/1001_DFA_CAL_XX.flv')[0]
    assert 'XYZ is not a sentence' in told(conversion, 'VideoFlash/1001_XYZ_ANG_XX.flv')[0]
    assert '2001 is not an actor' in told(conversion, 'VideoFlash/2001_DFA_ANG_XX.flv')[0]
    assert 'not a name of CREMA-D' in told(conversion, 'VideoFlash/1001-DFA-ANG-XX.flv')[0]
    assert 'already' in told(conversion, f'VideoFlash/{videos[8].with_suffix(".mp4").name}')[0]
    assert 'neither' in told(conversion, 'VideoFlash/list.txt')[0]
    assert len(conversion.rows) == len(layout.clips) - 8
    assert len(conversion.report.problems) == 10


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match=r'VideoFlash: no such folder; the root holds'):
        convert(Source(tmp_path))
    for number in range(30):
        put(tmp_path / f'VideoFlash/{1001 + number}_DFA_ANG_XX.flv', b'version https://git-lfs')
    with pytest.raises(CorpusError, match=r'git lfs pull(.|\n)*and [0-9]+ more') as error:
        convert(Source(tmp_path))
    assert len(str(error.value).splitlines()) < 25
