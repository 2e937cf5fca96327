import pytest

from mmfer.corpora.xml_file import MAX_BYTES, read_xml
from mmfer.errors import AnnotationError, CorpusError


def test_encodings(tmp_path, put):
    text = '<?xml version="1.0" encoding="{}"?><session id="é"/>'
    for name in ('utf-8', 'utf-16', 'iso-8859-1'):
        put(tmp_path / 'a.xml', text.format(name).encode(name))
        assert read_xml(tmp_path, 'a.xml').get('id') == 'é'


BOMB = """<?xml version="1.0"?><!DOCTYPE z [<!ENTITY a "ha">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><z>&b;</z>"""
FILE = '<?xml version="1.0"?><!doctype z [<!entity a SYSTEM "file:///etc/passwd">]><z>&a;</z>'


@pytest.mark.parametrize(('data', 'message'), [
    (BOMB.encode(), 'declares a document type'), (BOMB.encode('utf-16'), 'declares a document'),
    (BOMB.encode('utf-16-be'), 'declares a document'), (FILE.encode(), 'declares a document'),
    (b'', 'not XML'), (b'<a><b></a>', 'not XML'), (b'\x89PNG', 'not XML'),
    (b'<?xml version="1.0" encoding="klingon"?><a/>', 'not XML'),
    (b'<?xml version="1.0" encoding="utf-32"?><a/>', 'not XML'),
    (b'<a>' + b' ' * MAX_BYTES + b'</a>', 'larger than'),
    (b'<a>' * 100_000, 'not XML')])
def test_what_is_refused(tmp_path, put, data, message):
    put(tmp_path / 'a.xml', data)
    with pytest.raises(CorpusError, match=message):
        read_xml(tmp_path, 'a.xml')


def test_paths(tmp_path, put):
    put(tmp_path / 'secret.xml', b'<a/>')
    (tmp_path / 'root').mkdir()
    (tmp_path / 'root/link.xml').symlink_to(tmp_path / 'secret.xml')
    with pytest.raises(AnnotationError, match='symbolic link'):
        read_xml(tmp_path / 'root', 'link.xml')
    with pytest.raises(AnnotationError, match='stay inside'):
        read_xml(tmp_path / 'root', '../secret.xml')
    with pytest.raises(CorpusError, match='cannot be read'):
        read_xml(tmp_path / 'root', 'none.xml')
