import pytest

from mmfer.annotation_rows import TEMPLATE, check_relative, check_row


@pytest.mark.parametrize('template', ['{:06d}.jpg', '{:d}.png', 'S005_001_{:08d}.png',
                                      'größe {{x}} {:010d}.jpg', 'img_{:03d}_face.jpeg'])
def test_templates_with_one_number(template):
    assert TEMPLATE.fullmatch(template)
    assert template.format(7).replace('0', '').count('7') == 1


@pytest.mark.parametrize('path', ['a', 'a/b', '..a', 'a..', '.../x', './a', 'ü/日本', 'a b'])
def test_paths_inside(path):
    assert check_relative(path) == ''


def test_templates_are_learnt():
    templates = set()
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 1, 'filename_tmpl': 'a{:d}.png'}
    assert check_row(row, 1, templates) == ''
    assert templates == {'a{:d}.png'}


def test_rows_are_objects():
    assert 'not an object' in check_row(['a'], 1, set())
