import pytest

from mmfer.corpora.lists import Entry, Lists, read_lines
from mmfer.corpora.report import Report
from mmfer.errors import CorpusError
from mmfer.protocols import Division


@pytest.mark.parametrize(('line', 'fields'), [
    (b'a b', ['a', 'b']), (b'a,b c', ['a', 'b c']), (b'a\tb, c\td e', ['a', 'b, c', 'd e']),
    (b'  a   b ', ['a', 'b']), (b'a b\r', ['a', 'b']), ('ü 1'.encode(), ['ü', '1']),
    (b'a\t\xff\xfe', ['a', '\\xff\\xfe']), (b'\xef\xbb\xbfa b', ['a', 'b']),
    ('a\u2028b\tc'.encode(), ['a\u2028b', 'c']),
])
def test_fields_of_a_line(tmp_path, line, fields):
    (tmp_path / 'x.txt').write_bytes(line + b'\n\n  \n')
    assert list(read_lines(tmp_path / 'x.txt')) == [('x.txt line 1', fields)]


def test_a_list_that_is_not_there(tmp_path):
    with pytest.raises(CorpusError, match=r'none.txt: cannot be read'):
        list(read_lines(tmp_path / 'none.txt'))


def test_parts_of_splits():
    report = Report()
    lists = Lists(report)
    lists.add('fold1', 'train', [Entry('l1', 'b', 'fear'), Entry('l2', 'a', 'anger'),
                                 Entry('l3', 'b', 'fear')])
    lists.add('fold1', 'test', [Entry('l1', 'c', 'fear')])
    lists.add('fold2', 'selection', [Entry('l9', 'a', 'sadness')])
    assert list(lists.labels.items()) == [('a', 'anger'), ('b', 'fear'), ('c', 'fear')]
    assert lists.sizes('fold1') == {'train': 2, 'test': 1}
    assert lists.sizes('fold7') == {}
    assert lists.divisions([{'clip': 'a'}, {'clip': 'c'}]) == (
        Division('fold1', ('a', ), ('c', )), Division('fold2', (), (), ('a', )))
    assert [where for where, _ in report.problems] == ['fold1/train, l3', 'fold2/selection, l9']
    assert 'listed twice' in report.problems[0][1]
    assert 'is sadness, but anger in another list; anger is kept' in report.problems[1][1]
