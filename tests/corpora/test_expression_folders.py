from mmfer.corpora.expression_folders import expression_folders
from mmfer.corpora.source import Source


def test_folders_of_expressions(tmp_path, put):
    for name in ('Happy', 'anger', 'SAD', 'Joy', 'Rage', 'calm'):
        (tmp_path / 'part' / name).mkdir(parents=True)
    put(tmp_path / 'part/list.txt')
    source = Source(tmp_path)
    found = expression_folders(source, 'part', ('anger', 'happiness', 'sadness'))
    assert found == [('Happy', 1), ('Joy', 1), ('SAD', 2), ('anger', 0)]
    told = dict(source.report.problems)
    assert set(told) == {'part/list.txt', 'part/Rage', 'part/calm'}
    assert 'unknown expression' in told['part/Rage']
    assert 'calm is no class of this corpus (anger, happiness, sadness)' in told['part/calm']


def test_a_folder_that_cannot_be_listed_is_reported(tmp_path):
    source = Source(tmp_path)
    assert expression_folders(source, 'none', ('anger', )) == []
    ((entry, problem),) = source.report.problems
    assert entry == 'none'
    assert 'cannot be listed' in problem
