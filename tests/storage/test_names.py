from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmfer.errors import ConfigError
from mmfer.storage.names import check_address, lmdb_key, lmdb_name, member_problem


@pytest.mark.parametrize('name', ['a/b.jpg', 'é/笑.PNG', 'still {1}.png', 'v.mp4', 'a.b/c.d.tif'])
def test_images_and_videos_may_be_packed(name: str) -> None:
    assert member_problem(name) == ''


@pytest.mark.parametrize('name, problem', [
    ('/a/b.jpg', 'absolute'), ('../b.jpg', '".."'), ('a/../b.jpg', '".."'),
    ('a\\b.jpg', 'backslash'), ('C:/b.jpg', 'absolute'),
    ('./b.jpg', 'not written as'), ('a//b.jpg', 'not written as'), ('a/b.pyd', 'no image'),
    ('a/b.pickle', 'no image'), ('a/b.pkl', 'no image'), ('a/b.jpg.pkl', 'no image'),
    ('a/b.pth', 'no image'), ('a/jpg', 'no image'), ('', 'empty'), ('a\0.jpg', 'empty text'),
])
def test_anything_else_may_not(name: str, problem: str) -> None:
    assert problem in member_problem(name)


@pytest.mark.parametrize('root', [
    'pipe:cat a.tar', 'PIPE:sh -c x', 'http://h/a', 'https://h/a.tar', 's3://bucket/a',
    'file:///data', 'gs://bucket'])
def test_addresses_and_commands_are_refused(root: str) -> None:
    with pytest.raises(ConfigError, match='address or a command'):
        check_address(root)


@pytest.mark.parametrize('root', ['/data/a', 'data', '../a', 'C:/faces', 'C:\\faces', 'a:b', ''])
def test_folders_are_not(root: str) -> None:
    check_address(root)


@settings(max_examples=50)
@given(st.text(st.characters(exclude_categories=['Cs']), min_size=1))
def test_keys_are_ascii_and_tell_names_apart(name: str) -> None:
    key = lmdb_key(name)
    assert key.isascii() and lmdb_name(key) == name


def test_plain_names_are_their_own_keys() -> None:
    assert lmdb_key('S1/a b/f {1}~#?.png') == 'S1/a b/f {1}~#?.png'
    assert lmdb_key('50%/é.png') == '50%25/%C3%A9.png'
