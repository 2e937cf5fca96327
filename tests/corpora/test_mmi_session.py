import pytest

from mmfer.corpora.mmi_session import Recording, read_session
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError


@pytest.fixture
def session(tmp_path, put):
    """A session typed by hand, with names in another case."""
    put(tmp_path / 'Sessions/5/S002-007.AVI', b'RIFF')
    put(tmp_path / 'Sessions/5/Session.xml',
        b'<session><subject id="2"/><track view="2"/><track view="0"/></session>')
    put(tmp_path / 'Sessions/5/s002-007.XML',
        b'<a><b><Metatag Name="Emotion" Value=" 4 "/><Metatag Name="Emotion" Value="5"/></b></a>')
    return tmp_path / 'Sessions/5'


def read(root):
    return read_session(Source(root), 'Sessions/5')


def test_a_session(session, tmp_path, put):
    assert read(tmp_path) == Recording('S002-007.AVI', '4', '2', '2', coded=False)
    put(session / 'S002-007-OAO_AUCS.xml', b'<a/>')
    assert read(tmp_path).coded
    put(session / 's002-007.XML', b'<a><Metatag Name="Type" Value="Emotion"/></a>')
    put(session / 'Session.xml', b'<session><subject/></session>')
    assert read(tmp_path) == Recording('S002-007.AVI', '', '', 'S002', coded=True)


def test_frames_beside_their_video_are_the_media(session, tmp_path, put):
    put(session / 'S002-007/1.png')
    assert read(tmp_path).media == 'S002-007'


@pytest.mark.parametrize(('name', 'data', 'message'), [
    ('second.avi', b'x', '2 videos in the session (S002-007.AVI, second.avi)'),
    ('s002-007.XML', b'<a><Metatag Name="Emotion" Value="4.5"/></a>', 'is no number'),
    ('Session.xml', b'', 'not XML'),
    ('Session.xml', None, 'no session.xml'), ('s002-007.XML', None, 'no s002-007.xml'),
    ('S002-007.AVI', None, '0 videos')])
def test_what_is_refused(session, tmp_path, put, name, data, message):
    if data is None:
        (session / name).unlink()
    else:
        put(session / name, data)
    with pytest.raises(CorpusError) as error:
        read(tmp_path)
    assert message in str(error.value)
