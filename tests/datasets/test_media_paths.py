from __future__ import annotations

from pathlib import Path

import pytest

from mmfer.annotations import resolve_inside
from mmfer.datasets.media_paths import check_paths, real_path
from mmfer.errors import AnnotationError

INSIDE = ['a/clip', 'a/./clip', './a/clip', 'a//clip', 'a/clip/', 'a/.', 'a', 'inner', 'inner/x',
          'absent', 'absent/x/y', 'a/link/x.jpg', 'single.jpg']
OUTSIDE = ['outer', 'outer/x', 'outer/./x', './outer', 'a/out', 'a/out/', 'a//out', 'twin', 'up']
WRONG = ['..', '../x', 'a/../x', '/etc', '', 'a\\b']


@pytest.fixture
def root(tmp_path: Path) -> str:
    """A root behind a link, with links inside, to the outside, and a chain of both."""
    real = tmp_path / 'real'
    (real / 'a/clip').mkdir(parents=True)
    (tmp_path / 'outside').mkdir()
    (tmp_path / 'real-twin').mkdir()
    (tmp_path / 'root').symlink_to(real)
    (real / 'inner').symlink_to('a/clip')
    (real / 'a/link').symlink_to(real / 'a/clip')
    (real / 'outer').symlink_to(tmp_path / 'outside')
    (real / 'a/out').symlink_to('../outer')
    (real / 'twin').symlink_to(tmp_path / 'real-twin')
    (real / 'up').symlink_to('..')
    return str(tmp_path / 'root')


@pytest.mark.parametrize('relative', INSIDE)
def test_what_is_inside_is_where_it_really_is(root: str, relative: str) -> None:
    for _ in range(2):  # its folder is known the second time
        assert real_path(root, relative) == str(resolve_inside(root, relative))
    check_paths(root, [relative])


@pytest.mark.parametrize('relative', OUTSIDE)
def test_no_link_leads_out(root: str, relative: str) -> None:
    for _ in range(2):
        with pytest.raises(AnnotationError, match='symbolic link'):
            real_path(root, relative)
    with pytest.raises(AnnotationError, match='symbolic link'):
        check_paths(root, [*INSIDE, relative])


@pytest.mark.parametrize('relative', WRONG)
def test_texts_are_checked_too(root: str, relative: str) -> None:
    with pytest.raises(AnnotationError, match='stay inside the root'):
        real_path(root, relative)


def test_a_link_made_later_is_seen_where_the_clip_itself_is_one(root: str) -> None:
    assert real_path(root, 'a/new').endswith('real/a/new')
    Path(root, 'a/new').symlink_to('/')
    with pytest.raises(AnnotationError, match='symbolic link'):
        real_path(root, 'a/new')
