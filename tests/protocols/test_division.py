import pytest

from mmfer.errors import ProtocolError
from mmfer.protocols.division import (
    carve,
    carve_rows,
    have_subjects,
    is_disjoint,
    natural,
    share_of,
    shuffled,
)


@pytest.mark.parametrize(('share', 'total', 'expected'), [
    (0.2, 327, 65), (0.2, 262, 52), (0.5, 5, 3), (0, 9, 0), (0.1, 5, 1), (0.1, 4, 0),
])
def test_shares_round_to_the_nearest_halves_up(share, total, expected):
    assert share_of(share, total) == expected


@pytest.mark.parametrize('share', [-0.1, 1, 1.5])
def test_shares_are_shares(share):
    with pytest.raises(ProtocolError, match='share'):
        share_of(share, 10)


def test_carving_takes_whole_groups_and_leaves_one():
    assert carve([['a', 'b'], ['c'], ['d'], ['e']], 0.2) == (['c', 'd', 'e'], ['a', 'b'])
    assert carve([['a', 'b']], 0.9) == (['a', 'b'], [])
    assert carve([['a'], ['b']], 0) == (['a', 'b'], [])


def test_carving_by_subject():
    rows = [{'clip': f'c{i}', 'subject': f's{i // 2}'} for i in range(10)]
    train, inner = carve_rows(rows, 'subject', 0.2, 0, 'fold1')
    assert len(inner) == 2
    assert int(inner[0][1]) // 2 == int(inner[1][1]) // 2
    assert sorted(train + inner) == [row['clip'] for row in rows]


def test_carving_by_clip_and_by_another_column():
    rows = [{'clip': f'c{i}', 'source': i // 5} for i in range(10)]
    train, inner = carve_rows(rows, 'source', 0.2, 0, 'fold1')
    assert {len(train), len(inner)} == {5}
    train, inner = carve_rows(rows, 'clip', 0.2, 0, 'fold1')
    assert len(inner) == 2


def test_subjects_are_known_of_all_rows_or_not():
    assert have_subjects([{'subject': 'a'}, {'subject': 'b'}])
    assert not have_subjects([{'subject': 'a'}, {}])


def test_shuffling_depends_on_seed_and_purpose_only():
    items = [f'c{i}' for i in range(30)]
    order = shuffled(items, 0, 'a')
    assert order == shuffled(reversed(items), 0, 'a')
    assert sorted(order) == sorted(items) != order
    assert order != shuffled(items, 1, 'a')
    assert order != shuffled(items, 0, 'b')


def test_disjoint():
    one, two = {'subject': 's1'}, {'subject': 's2'}
    assert is_disjoint([[one, one], [two]])
    assert not is_disjoint([[one], [two, one]])
    assert not is_disjoint([[one], [{}]])


def test_natural_order():
    assert sorted(['10', 'b', '9', 'a', '1'], key=natural) == ['1', '9', '10', 'a', 'b']
    assert sorted(['s10', 's2', 's2b', 's02', '7'], key=natural) == ['7', 's02', 's2', 's2b', 's10']
