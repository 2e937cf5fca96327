import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.rafdb import CLASSES, LIST, convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

# typed by hand from the published layout
ENTRIES = [
    ('train_00001.jpg 5', 'train_00001', 'sadness'),
    ('train_00002.jpg 1', 'train_00002', 'surprise'),
    ('train_00003.jpg 2', 'train_00003', 'fear'), ('train_00004.jpg 3', 'train_00004', 'disgust'),
    ('train_00005.jpg 4', 'train_00005', 'happiness'),
    ('train_00006.jpg 6', 'train_00006', 'anger'),
    ('train_12271.jpg 7', 'train_12271', 'neutral'), ('test_0001.jpg 1', 'test_0001', 'surprise'),
    ('test_0002.jpg 7', 'test_0002', 'neutral'), ('test_3068.jpg 6', 'test_3068', 'anger'),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


@pytest.fixture
def typed(tmp_path, put):
    base = tmp_path / 'basic'
    put(base / LIST, '\r\n'.join([line for line, _, _ in ENTRIES] + ['']).encode())
    for _, clip, _ in ENTRIES:
        put(base / f'Image/aligned/{clip}_aligned.jpg')
        put(base / f'Image/original/{clip}.jpg')
    put(base / 'Annotation/manual/train_00001_manu_attri.txt',
        b'1\t2\n3\t4\n5\t6\n7\t8\n9\t10\n1\n2\n3\n')
    return tmp_path


@pytest.mark.parametrize('images', ['aligned', 'original'])
def test_typed_entries(typed, images):
    for root in (typed, typed / 'basic'):
        conversion = convert(Source(root), images)
        rows = by_clip(conversion)
        assert {clip: CLASSES[row['label']] for clip, row in rows.items()} == {
            clip: label for _, clip, label in ENTRIES}
        assert f'Image/{images}/train_00001' in rows['train_00001']['frames']
        assert [rows['train_00001'].get(name) for name in ('sex', 'race', 'age_group')] == [
            'female', 'Asian', '40-69']
        assert 'sex' not in rows['train_00002']
        annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
        split = protocols(annotations, conversion, 0)['protocol_published'].split('published')
        assert split.test == ('test_0001', 'test_0002', 'test_3068')
        assert conversion.report.problems == []


def test_the_generated_corpus(written):
    root, layout = written('rafdb', 70)
    conversion = convert(Source(root))
    assert {row['frames']: CLASSES[row['label']] for row in conversion.rows} == {
        clip.path: clip.label for clip in layout.clips}
    assert all({'sex', 'race', 'age_group'} < row.keys() for row in conversion.rows)
    assert conversion.known == {'train clips': 12271, 'test clips': 3068}
    assert (conversion.found['train clips'], conversion.found['test clips']) == (56, 14)


def test_a_broken_copy(typed, told, put):
    path = typed / 'basic' / LIST
    put(path, path.read_bytes() + b'train_00007.jpg 8\ntrain_00008.jpg\nother_1.jpg 1\n'
        b'train_/../x.jpg 1\ntrain_00001.jpg 5\ntrain_00009.jpg 1\n')
    put(typed / 'basic/Image/aligned/train_00002_aligned.jpg', b'')
    put(typed / 'basic/Annotation/manual/train_00003_manu_attri.txt', b'1\n7\n2\n')
    conversion = convert(Source(typed))
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    for part in ("label '8' is not a code of rafdb", 'not a name and a label',
                 "'other_1.jpg' is no image", "'train_/../x.jpg' is no image", 'listed twice'):
        assert part in problems
    assert 'empty file' in told(conversion, 'basic/Image/aligned/train_00002_aligned.jpg')[0]
    assert len(told(conversion, 'basic/Image/aligned/train_00009_aligned.jpg')) == 1
    attributes = 'basic/Annotation/manual/train_00003_manu_attri.txt'
    assert told(conversion, attributes) == ["race '7' has no meaning; left out"]
    assert by_clip(conversion)['train_00003']['age_group'] == '20-39'
    assert len(conversion.rows) == len(ENTRIES) - 1


def test_nothing_to_convert(tmp_path, put):
    with pytest.raises(CorpusError, match='no EmoLabel/list_patition_label.txt'):
        convert(Source(tmp_path))
    put(tmp_path / LIST, b'train_00001.jpg 5\n')
    with pytest.raises(CorpusError, match='Image/aligned: no such folder'):
        convert(Source(tmp_path))
    (tmp_path / 'Image/aligned').mkdir(parents=True)
    with pytest.raises(CorpusError, match='nothing could be converted'):
        convert(Source(tmp_path))
