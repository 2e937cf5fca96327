import io
import json
import re
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer import jsonfile
from mmfer.errors import ProtocolError
from mmfer.jsonfile import (
    OtherLayoutError,
    json_hash,
    read_json,
    read_json_blocks,
    write_json,
)


@pytest.mark.parametrize('data', [b'', b'{"a": [1, 2', b'\xff\xfe{}', b'{"a": NaN}',
                                  b'[' * 100_000])
def test_damaged_files_raise_the_given_error_with_the_path(tmp_path, data):
    path = tmp_path / 'x.json'
    path.write_bytes(data)
    with pytest.raises(ProtocolError, match='x.json: not valid JSON'):
        read_json(path, ProtocolError)


def test_missing_file(tmp_path):
    with pytest.raises(ProtocolError, match='none.json: cannot be read'):
        read_json(tmp_path / 'none.json', ProtocolError)


def test_content_is_returned(tmp_path):
    path = tmp_path / 'x.json'
    path.write_bytes('{"ü": [1, null]}'.encode())
    assert read_json(path, ProtocolError) == {'ü': [1, None]}


def test_hash_ignores_the_order_of_keys_only():
    # sha256 of {"a":1,"b":2}
    expected = '43258cff783fe7036d8a43033f830adfc60ec037382473548ac742b888292777'
    assert json_hash({'b': 2, 'a': 1}) == json_hash({'a': 1, 'b': 2}) == expected
    assert json_hash({'a': 1, 'b': 3}) != expected
    assert json_hash([1, 2]) != json_hash([2, 1])


def blocks(text, size=2**20):
    with mock.patch.object(jsonfile, '_BLOCK_BYTES', size):
        head, *lists = read_json_blocks(io.BytesIO(text.encode('utf-8', 'surrogatepass')), 'rows')
    return {**head, 'rows': [row for part in lists for row in part]}, len(lists)


ROWS = [{'a': 1, 'b': [1, {'c': 'x},\n'}]}, {'a': 'ü "},{"'}, {}, {'a': 2**70, 'b': -0.0}]


@pytest.mark.parametrize('size', [30, 40, 64, 1000])
@pytest.mark.parametrize('count', range(5))
def test_a_row_a_line_is_read_in_blocks(size, count):
    text = '{"head": {"x": 1},\n"rows": [\n' + ',\n'.join(map(json.dumps, ROWS[:count])) + '\n]}\n'
    content, number = blocks(text, size)
    assert repr(content) == repr(json.loads(text))
    assert number > 2 if count == 4 and size < 50 else number <= count + 1


@pytest.mark.parametrize('text', [
    '{"rows": [\n{"a": 1},\n]}', '{"rows": [\n{"a": 1},\n,\n{"a": 2}]}', '{"rows": [{"a": 1},\n',
    '{"rows": [\n{"a": 1},\n{"a": 2}\n]', '{"rows": [\n{"a": 1}]} x', '{"x": {"rows": []}}',
    '{"rows": [\n{"a": 1}], "x": [\n{"a": 1},\n{"a": 2}]}', '{"rows": []}{}', '[', '',
    '{"rows": [{"a": NaN}]}', '{"rows": [{"a": {"b": 1},\n"c": 2}]}', '{"x": "\\"rows\\": ["}',
])
def test_another_layout_or_damage_is_told(text):
    with pytest.raises(OtherLayoutError):
        blocks(text, 16)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_blocks_never_differ_from_the_whole(data):
    """Pieces of JSON in any order: what is accepted in blocks is that JSON."""
    pieces = re.split(r'(\s|,|\[|\]|\{|\})',
                      '{"h": [], "rows": [\n{"a": 1},\n{"a": [2]},\n{}\n]}\n')
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(pieces) - 1))
        pieces[place] = data.draw(st.sampled_from(['', *'[]{},\n', '"rows": [', '},\n{', '"a"',
                                                   '"\\ud800"', '1e999', '9' * 30]))
    text = ''.join(pieces)
    try:
        found, _ = blocks(text, data.draw(st.sampled_from([20, 30, 2**20])))
    except OtherLayoutError:
        return
    assert repr(found) == repr(json.loads(text))


@pytest.mark.parametrize('value', [
    '"\\ud800"', '1e999', '9' * 500, '-0', '1.7976931348623159e308', '"\\u00e9\\ud83d\\ude00"',
    '{"b": 1, "b": 2}', '5e-324', '12345678901234567890', '"\x7f"'])
def test_values_are_those_of_the_standard_library(value):
    text = f'{{"rows": [\n{{"a": {value}}}\n]}}'
    assert repr(blocks(text)[0]) == repr(json.loads(text))


def test_bytes_that_are_not_utf_8_are_told():
    for content in (b'\xff', b'\xed\xa0\x80', b'\xc0\x80'):
        with pytest.raises(OtherLayoutError):
            list(read_json_blocks(io.BytesIO(b'{"rows": [\n{"a": "%b"}\n]}' % content), 'rows'))


def test_what_is_written_is_read_again(tmp_path):
    path, content = tmp_path / 'new folder' / 'x.json', {'näme': [1, .1, None, 'ß']}
    write_json(path, content)
    assert read_json(path, ProtocolError) == content
    assert path.read_bytes().endswith(b'}\n') and 'näme' in path.read_text(encoding='utf-8')


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_numbers_that_are_not_finite_are_not_written(tmp_path, value):
    path = tmp_path / 'x.json'
    write_json(path, {'a': 1})
    with pytest.raises(ValueError, match='not JSON compliant'):
        write_json(path, {'a': value})
    assert read_json(path, ProtocolError) == {'a': 1} and list(tmp_path.iterdir()) == [path]
