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


@pytest.mark.parametrize(('shares', 'message'), [
    ([0.25, 0.75], ''), ([1, 0], ''), ([0.3333, 0.6667], ''), ([1.0], 'label_distribution'),
    ([0.5, 0.6], 'label_distribution'), ([1.5, -0.5], 'label_distribution'),
    ([True, False], 'label_distribution'), ('ab', 'label_distribution'),
    ([float('nan'), 1.0], 'label_distribution'),
])
def test_distributions(shares, message):
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 1, 'label': 1, 'label_distribution': shares}
    assert message in check_row(row, 2, set())
    assert bool(check_row(row, 2, set())) == bool(message)


def test_a_distribution_goes_with_a_label_and_spares_no_other_check():
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 1, 'label_distribution': [1.0, 0.0]}
    assert 'no label beside it' in check_row(row, 2, set())
    assert 'subject' in check_row({**row, 'label': 0, 'subject': ''}, 2, set())


def test_a_clip_without_a_face_has_no_frames():
    row = {'clip': 'a', 'frames': 'a', 'num_frames': 0, 'label': 1}
    assert check_row(row, 2, set()) == ''
    assert 'apex' in check_row({**row, 'apex': [1, 1]}, 2, set())
    assert check_row({**row, 'frame_numbers': []}, 2, set()) == ''
