"""MMI's sessions are typed by hand from its layout; a generated copy is broken."""
import pytest

from mmfer.annotations import Annotations
from mmfer.corpora import Source
from mmfer.corpora.mmi import CLASSES, convert, protocols
from mmfer.errors import CorpusError

SESSION = '<session sessionId="{}"><subject id="{}"/><track view="{}"/></session>'
TAGS = '<a><Metatag Name="Other" Value="9"/><Metatag Name="Emotion" Value="{}"/></a>'
# session, name, subject, view, value of the emotion, label
ENTRIES = [
    ('1', 'S001-001', '1', '0', '1', 'anger'),
    ('2', 'S001-002', '1', '0', '2', 'disgust'),
    ('3', 'S001-003', '1', '0', '3', 'fear'),
    ('10', 'S002-001', '2', '0', '4', 'happiness'),
    ('11', 'S002-002', '2', '0', '5', 'sadness'),
    ('12', 'S002-003', '2', '0', '6', 'surprise'),
    ('1767', 'S054-001', '54', '0', '4', 'happiness'),
]
# skipped: no basic emotion, a profile view
SKIPPED = [('20', 'S003-001', '3', '0', '7'), ('21', 'S003-002', '3', '0', '0'),
           ('22', 'S003-003', '3', '1', '1'), ('23', 'S003-004', '3', '0', '')]
DUAL = ('30', 'S004-001', '4', '2', '6')


def write(put, root, session, name, subject, view, value):
    folder = root / 'Sessions' / session
    put(folder / f'{name}/000001.png')  # a folder of frames stands for the video
    put(folder / 'session.xml', SESSION.format(session, subject, view).encode())
    put(folder / f'{name}.xml', TAGS.format(value).encode())


@pytest.fixture
def root(tmp_path, put):
    for entry in [*(entry[:5] for entry in ENTRIES), *SKIPPED, DUAL]:
        write(put, tmp_path / 'MMI', *entry)
    for entry in ENTRIES[:6]:
        put(tmp_path / f'MMI/Sessions/{entry[0]}/{entry[1]}-oao_aucs.xml', b'<a/>')
    return tmp_path / 'MMI'


def test_entries_typed_by_hand(root):
    conversion = convert(Source(root))
    rows = {row['clip']: row for row in conversion.rows}
    assert len(rows) == len(ENTRIES)
    for session, name, subject, _, _, label in ENTRIES:
        row = rows[name]
        assert (row['frames'], row['subject'], CLASSES[row['label']], row['view']) == (
            f'Sessions/{session}/{name}', subject, label, 'frontal')
        assert 'apex' not in row
    assert conversion.report.problems == []
    notes = conversion.report.notes
    assert notes[0] == ('sessions without a single basic emotion, skipped: value 0 x 1, '
                        'value 7 x 1, value none x 1')
    assert notes[1] == 'sessions that are not frontal, skipped: view 1 x 1'
    assert notes[2].startswith('dual-view sessions, left out (1): 30;')
    assert notes[3].startswith('frontal sessions without coded AUs (1): 1767;')
    assert 'give --frames' in notes[2]
    assert 'give --frames' in notes[3]
    assert len(notes) == 4
    assert conversion.known == {'clips': 205, 'subjects': 30}


def test_own_crops_take_in_dual_views(root, put, tmp_path):
    crops = tmp_path / 'crops'
    for session, name in [('30', 'S004-001'), ('1767', 'S054-001')]:
        put(crops / session / name / '000001.png')
    conversion = convert(Source(root, crops))
    rows = {row['clip']: row for row in conversion.rows}
    assert (rows['S004-001']['view'], rows['S004-001']['num_frames']) == ('dual', 1)
    assert rows['S004-001']['frames'] == '30/S004-001'
    assert rows['S001-001']['num_frames'] == 0
    assert len(rows) == len(ENTRIES) + 1
    assert not any('--frames' in note for note in conversion.report.notes)


def test_who_is_seen(root, put):
    """The video's name says it where session.xml does not; other spellings are read."""
    folder = root / 'Sessions/1'
    put(folder / 'session.xml', b'<session><track view="0"/></session>')
    put(root / 'Sessions/2/session.xml',
        b'<Session xmlns="http://x/y"><Subject ID=" 77 "/><Track View="0"/></Session>')
    rows = {row['clip']: row for row in convert(Source(root)).rows}
    assert rows['S001-001']['subject'] == 'S001'
    assert rows['S001-002']['subject'] == '77'
    for name in ('S001-001', 'S001-001.xml', 'S001-001-oao_aucs.xml'):
        (folder / name).rename(folder / name.replace('S001-001', 'take1'))
    conversion = convert(Source(root))
    assert 'take1' not in {row['clip'] for row in conversion.rows}
    ((entry, problem),) = conversion.report.problems
    assert entry == 'Sessions/1'
    assert "nor the name 'take1' says who is seen" in problem


def test_ten_folds_take_subjects_in_turn(written):
    root, _ = written('mmi')
    conversion = convert(Source(root))
    annotations = Annotations(conversion.metainfo, conversion.rows, root)
    protocol = protocols(annotations, conversion, 0)['protocol_10fold']
    assert protocol.subject_disjoint
    assert [len(split.test) for split in protocol.splits] == [3] * 10
    # '1', '10', '2' ...: as text, as CK+'s S005
    assert protocol.splits[1].test == ('S010-001', 'S010-002', 'S010-003')


def test_a_generated_copy_with_odd_sessions(written):
    root, layout = written('mmi', count=2, odd=True)
    conversion = convert(Source(root))
    assert len(layout.clips) == 12
    assert len(conversion.rows) == 6
    notes = '\n'.join(conversion.report.notes)
    for expected in ('value 7 x 2', 'view 1 x 2', 'left out (2): 4 10;', 'AUs (4): 2 3 8 9;'):
        assert expected in notes


def test_a_broken_copy(copied, told, put, tmp_path):
    root, layout = copied('mmi')
    sessions = root / 'Sessions'
    names = {clip.path.split('/')[1]: clip.path.split('/')[2][:-4] for clip in layout.clips}
    (sessions / '1/session.xml').unlink()
    (sessions / f'2/{names["2"]}.xml').unlink()
    (sessions / f'3/{names["3"]}.avi').unlink()
    put(sessions / '4/other.avi', b'x')
    put(sessions / '5/session.xml', b'<session>')
    put(sessions / '6/session.xml', b'<!DOCTYPE a [<!ENTITY b "c">]><session>&b;</session>')
    put(sessions / f'7/{names["7"]}.xml', TAGS.format('happy').encode())
    put(sessions / f'8/{names["8"]}.avi', b'')
    video = sessions / f'9/{names["9"]}.avi'
    video.write_bytes(video.read_bytes()[:100])
    put(sessions / '10/session.xml', b'<session/>')
    put(tmp_path / 'elsewhere.xml', b'<session/>')
    (sessions / '11/session.xml').unlink()
    (sessions / '11/session.xml').symlink_to(tmp_path / 'elsewhere.xml')
    for path in sorted((sessions / '12').iterdir()):
        put(sessions / '99' / path.name, path.read_bytes())
    put(sessions / 'index.html', b'x')
    put(sessions / f'13/{names["13"]}.xml', TAGS.format('99999999999999999999').encode())
    conversion = convert(Source(root))
    for session, message in {
            '1': 'no session.xml', '2': 'no s001-002.xml', '3': '0 videos in the session (none)',
            '4': '2 videos in the session', '5': 'not XML', '6': 'declares a document type',
            '7': "the value 'happy' of its emotion is no number", '11': 'symbolic link',
            f'8/{names["8"]}.avi': 'empty file', f'9/{names["9"]}.avi': 'cannot be opened',
            f'99/{names["12"]}.avi': 'already', 'index.html': 'left out'}.items():
        (problem,) = told(conversion, f'Sessions/{session}')
        assert message in problem
    assert len(conversion.report.problems) == 12
    notes = '\n'.join(conversion.report.notes)
    assert 'value 99999999999999999999 x 1' in notes
    assert 'view none x 1' in notes
    assert len(conversion.rows) == 30 - 11 - 1


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='Sessions: no such folder; the root holds Sessions/'):
        convert(Source(tmp_path))
    write(put, tmp_path, *DUAL)
    with pytest.raises(CorpusError, match=r'nothing could be converted(.|\n)*dual-view'):
        convert(Source(tmp_path))
