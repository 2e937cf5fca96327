from __future__ import annotations

import pytest

from mmfer.errors import ConfigError
from mmfer.faces.extraction.names import check_names, check_names_beside, is_text, name_problem
from mmfer.faces.extraction.plan import Clip


def clips_of(*names):
    return [Clip(name, f'in/{name}.mp4', 'video', 1) for name in names]


def finish(layout, *names):
    for name in names:
        layout.ledger(name).parent.mkdir(parents=True, exist_ok=True)
        layout.ledger(name).touch()


def test_ids_apart_are_taken(layout):
    check_names(clips_of('a', 'ab', 'b/a', 'b/c'))
    finish(layout, 'a', 'b/c', 'c')
    check_names_beside(clips_of('a', 'ab', 'b/a', 'b/c'), layout)


def test_one_id_twice():
    with pytest.raises(ConfigError, match="are both clip 'a'"):
        check_names([*clips_of('a'), Clip('a', 'b/a.avi', 'video', 1)])


@pytest.mark.parametrize('inner, outer', [('a/b', 'a'), ('a/b/c', 'a'), ('a.parquet/b', 'a')])
def test_ids_inside_others(layout, inner, outer):
    with pytest.raises(ConfigError, match=f'in/{outer}.mp4 and in/{inner}.mp4'):
        check_names(clips_of(inner, outer))
    finish(layout, inner)
    with pytest.raises(ConfigError, match=f'in/{outer}.mp4 and .*crops/{inner}, which was'):
        check_names_beside(clips_of(outer), layout)
    layout.ledger(inner).unlink()
    layout.ledger(inner).parent.rmdir()
    finish(layout, outer)
    with pytest.raises(ConfigError, match=f'in/{inner}.mp4 and .*crops/{outer}, which was'):
        check_names_beside(clips_of(inner), layout)


def test_what_was_nested_before_is_left_alone(layout):
    finish(layout, 'a', 'a/b')
    check_names_beside(clips_of('c'), layout)


def test_one_of_very_many_clips_is_found():
    clips = clips_of(*(f'{number % 100}/{number // 100 % 100}/{number}'
                       for number in range(100_000)))
    check_names(clips)
    with pytest.raises(ConfigError, match=r"'99/99/\d+' would lie among those of clip '99/99'"):
        check_names([*clips, *clips_of('99/99')])


@pytest.mark.parametrize('name, text', [('é 笑', True), ('a\n', False), ('\udcff', False)])
def test_names_that_files_of_text_can_hold(name, text):
    assert is_text(name) == text


def test_names_that_no_file_can_have(layout):
    for name in ('é' * 123 + 'x', 'a' * 255 + '/b', 'a/' + 'b' * 247):
        assert name_problem(name) == ''
        finish(layout, name)
    for name in ('é' * 124, 'a' * 256 + '/b', 'a/' + 'b' * 248):
        assert 'too long' in name_problem(name)
        with pytest.raises(OSError, match='too long'):
            finish(layout, name)


def test_names_that_desktops_give():
    assert name_problem('a/.b') == name_problem('._a/b') == ''
    assert "begins with '._'" in name_problem('a/._b')
