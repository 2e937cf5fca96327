import pytest

from mmfer.errors import ProtocolError
from mmfer.jsonfile import json_hash, read_json


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
