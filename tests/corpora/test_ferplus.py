import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.ferplus import CLASSES, TABLE, convert, judge, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

HEADER = ('Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,'
          'unknown,NF')
# typed by hand in the table's format: line, its label, shares that are not zero
ENTRIES = [
    ('Training,fer0000000.png,10,0,0,0,0,0,0,0,0,0', 'neutral', {'neutral': 1}),
    ('Training,fer0000001.png,0,10,0,0,0,0,0,0,0,0', 'happiness', {'happiness': 1}),
    ('Training,fer0000002.png,0,1,9,0,0,0,0,0,0,0', 'surprise', {'surprise': 1}),
    ('Training,fer0000003.png,2,0,0,8,0,0,0,0,0,0', 'sadness', {'sadness': .8, 'neutral': .2}),
    ('Training,fer0000004.png,0,0,0,0,7,3,0,0,0,0', 'anger', {'anger': .7, 'disgust': .3}),
    ('PublicTest,fer0000005.png,0,0,0,0,2,6,0,0,2,0', 'disgust', {'disgust': .75, 'anger': .25}),
    ('PublicTest,fer0000006.png,1,1,0,0,0,0,8,0,0,0', 'fear', {'fear': 1}),
    ('PrivateTest,fer0000007.png,3,0,0,0,0,0,0,7,0,0', 'contempt',
     {'contempt': .7, 'neutral': .3}),
    ('Training,fer0000008.png,5,5,0,0,0,0,0,0,0,0', None, {}),
    ('Training,fer0000009.png,2,0,0,0,0,0,0,0,8,0', None, {}),
    ('Training,fer0000010.png,0,0,0,0,0,0,0,0,0,10', None, {}),
    ('Training,fer0000011.png,1,1,1,1,1,1,1,1,1,1', None, {}),
]
FOLDERS = {'Training': 'FER2013Train', 'PublicTest': 'FER2013Valid',
           'PrivateTest': 'FER2013Test'}


@pytest.mark.parametrize(('line', 'label', 'shares'), ENTRIES)
def test_judgement_of_typed_votes(line, label, shares):
    winner, distribution = judge([int(vote) for vote in line.split(',')[2:]])
    assert winner == label
    assert distribution == ([] if label is None else
                            [pytest.approx(shares.get(name, 0), abs=1e-6) for name in CLASSES])


def put_images(root, put):
    for line, _, _ in ENTRIES:
        usage, name = line.split(',')[:2]
        put(root / f'{FOLDERS[usage]}/{name}')


def check_typed(conversion):
    rows = {row['clip']: row for row in conversion.rows}
    for line, label, _ in ENTRIES:
        usage, name = line.split(',')[:2]
        row = rows.pop(f'{FOLDERS[usage]}/{name}', None)
        assert (row and CLASSES[row['label']]) == label
        assert row is None or sum(row['label_distribution']) == pytest.approx(1, abs=1e-5)
    assert not rows
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    split = protocols(annotations, conversion, 0)['protocol_published'].split('published')
    assert split.test == ('FER2013Test/fer0000007.png', )
    assert split.selection == ('FER2013Valid/fer0000005.png', 'FER2013Valid/fer0000006.png')
    assert len(split.train) == 5


def test_typed_entries_of_the_table(tmp_path, put):
    put(tmp_path / TABLE, '\n'.join(
        [HEADER, *(line for line, _, _ in ENTRIES), 'Training,,0,0,0,0,0,0,0,0,0,10']).encode())
    put_images(tmp_path, put)
    conversion = convert(Source(tmp_path))
    check_typed(conversion)
    assert 'images without a majority for an expression, left out: 4' in conversion.report.notes
    assert conversion.report.problems == []
    assert [conversion.found[f'listed {part}'] for part in ('train', 'selection', 'test')] == [
        9, 2, 1]


def test_typed_entries_of_label_files(tmp_path, put):
    for line, _, _ in ENTRIES:
        usage, name, *votes = line.split(',')
        path = tmp_path / f'images/{FOLDERS[usage]}/label.csv'
        put(path, (path.read_bytes() if path.exists() else b'')
            + f'{name},"(0, 0, 48, 48)",{",".join(votes)}\n'.encode())
    put_images(tmp_path / 'images', put)
    check_typed(convert(Source(tmp_path)))


@pytest.mark.parametrize('label_files', [False, True])
def test_the_generated_corpus(written, label_files):
    root, layout = written('ferplus', 80, label_files=label_files)
    conversion = convert(Source(root))
    shown = {clip.path: clip.label for clip in layout.clips}
    assert len(conversion.rows) == 80 - 7
    assert all(CLASSES[row['label']] == shown[row['frames']] for row in conversion.rows)
    assert conversion.known == {'listed train': 28709, 'listed selection': 3589,
                                'listed test': 3589}
    assert conversion.report.problems == []


def test_a_broken_copy(copied, told, put):
    root, layout = copied('ferplus')
    table = root / TABLE
    put(table, table.read_bytes() + (
        b'Training,fer0000000.png,9,0,0,0,0,0,0,0,0,1\nSometime,x.png,9,0,0,0,0,0,0,0,0,1\n'
        b'Training,y.png,9,0,0,0,0,0,0,0,0,-1\nTraining,z.png,9\n'
        b'Training,none.png,9,0,0,0,0,0,0,0,0,0\nTraining,../q.png,9,0,0,0,0,0,0,0,0,0\n'))
    put(root / layout.clips[0].path, b'')
    conversion = convert(Source(root))
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    for part in ('listed twice', "Usage 'Sometime'", 'are not whole numbers', '3 cells',
                 '".." part'):
        assert part in problems
    assert 'empty file' in told(conversion, layout.clips[0].path)[0]
    assert 'names nothing' in told(conversion, 'FER2013Train/none.png')[0]


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no such folder'):
        convert(Source(tmp_path / 'none'))
    with pytest.raises(CorpusError, match='none of FER2013Train'):
        convert(Source(tmp_path))
    put(tmp_path / 'FER2013Train/fer0000000.png')
    with pytest.raises(CorpusError, match='neither fer2013new.csv nor'):
        convert(Source(tmp_path))
    put(tmp_path / TABLE, b'Usage,neutral\nTraining,1\n')
    with pytest.raises(CorpusError, match='no column Image name, NF, anger'):
        convert(Source(tmp_path))
