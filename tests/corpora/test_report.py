from mmfer.corpora.report import Conversion, Report, class_counts, count_table, deviations


def test_deviations_are_named():
    known = {'sequences': 593, 'anger': 45, 'fear': 25}
    found = {'sequences': 593, 'anger': 44, 'other': 3}
    assert deviations(found, known) == ['anger 44 instead of 45 (-1)',
                                        'fear 0 instead of 25 (-25)']
    assert deviations(known, known) == []
    table = count_table(found, known)
    assert [line.split() for line in table] == [
        ['found', 'known'], ['sequences', '593', '593'], ['anger', '44', '45', '<'],
        ['other', '3']]


def test_tables_without_known_counts():
    conversion = Conversion({}, [], Report(), {'clips': 1200}, {})
    assert [line.split() for line in conversion.table()] == [['clips', '1,200']]


def test_tables_with_known_counts_end_with_the_deviations():
    conversion = Conversion({}, [], Report(), {'clips': 2}, {'clips': 2})
    assert conversion.table()[-1] == 'deviations from the known counts: none'


def test_counts_per_class_list_every_class():
    rows = [{'label': 0}, {'label': 0}, {}]
    assert class_counts(rows, ['anger', 'fear']) == {'anger': 2, 'fear': 0}
