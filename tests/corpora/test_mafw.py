import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.mafw import SINGLE, convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

# typed by hand from the published layout
ENTRIES = [
    ('00025.mp4 anger', 'anger'), ('00026.mp4 disgust', 'disgust'), ('00027.mp4 fear', 'fear'),
    ('00028.mp4 happiness', 'happiness'), ('00029.mp4 neutral', 'neutral'),
    ('00030.mp4 sadness', 'sadness'), ('00031.mp4 surprise', 'surprise'),
    ('00032.mp4 contempt', 'contempt'), ('00033.mp4 anxiety', 'anxiety'),
    ('00034.mp4 helplessness', 'helplessness'), ('10045.mp4 disappointment', 'disappointment'),
]
COMPOUND = [
    ('00101.mp4 anger_disgust', 'anger_disgust'), ('00102.mp4 disgust_anger', 'anger_disgust'),
    ('00103.mp4 sadness_helplessness_disappointment', 'sadness_helplessness_disappointment'),
    ('00104.mp4 happiness', 'happiness'),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


def protocol_of(conversion):
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    return protocols(annotations, conversion, 0)['protocol_5fold']


def put_lists(root, put, folder, lines):
    for fold in range(1, 6):
        for part in ('train', 'test'):
            own = [line for index, line in enumerate(lines)
                   if (index % 5 + 1 == fold) == (part == 'test')]
            put(root / folder / f'set_{fold}/{part}.txt', b''.join(line + b'\n' for line in own))


def test_typed_entries(tmp_path, put):
    put_lists(tmp_path, put, 'single/no_caption', [line.encode() for line, _ in ENTRIES])
    for line, _ in ENTRIES:
        put(tmp_path / f'data/faces/{line[:5]}/00001.jpg')
    conversion = convert(Source(tmp_path))
    classes = conversion.metainfo['classes']
    assert {clip: classes[row['label']] for clip, row in by_clip(conversion).items()} == {
        line[:5]: label for line, label in ENTRIES}
    assert by_clip(conversion)['00025']['frames'] == 'data/faces/00025'
    assert protocol_of(conversion).split('fold1').test == ('00025', '00030', '10045')
    assert conversion.found['classes'] == 11


def test_typed_compound_entries(tmp_path, put):
    put_lists(tmp_path, put, 'compound/no_caption', [line.encode() for line, _ in COMPOUND])
    for line, _ in COMPOUND:
        put(tmp_path / f'data/frames/{line[:5]}/1.png')
    conversion = convert(Source(tmp_path), labels='compound')
    classes = conversion.metainfo['classes']
    assert classes == ['happiness', 'anger_disgust', 'sadness_helplessness_disappointment']
    assert {clip: classes[row['label']] for clip, row in by_clip(conversion).items()} == {
        line[:5]: label for line, label in COMPOUND}
    with pytest.raises(CorpusError, match='no single/'):
        convert(Source(tmp_path))


def test_lists_with_captions_are_not_utf8(tmp_path, put):
    caption = '他皱眉\u3000,生气'.encode('gb18030')
    lines = [f'{line[:9]}\t{line[10:]}\t'.encode() + caption + b'\tHe frowns, a bit.'
             for line, _ in ENTRIES]
    put_lists(tmp_path, put, 'single/with_caption', lines)
    for line, _ in ENTRIES:
        put(tmp_path / f'data/faces/{line[:5]}/00001.jpg')
    conversion = convert(Source(tmp_path))
    assert {clip: SINGLE[row['label']] for clip, row in by_clip(conversion).items()} == {
        line[:5]: label for line, label in ENTRIES}
    assert conversion.report.problems == []


@pytest.mark.parametrize('options', [
    {}, {'media': 'frames', 'captions': True}, {'media': 'clips'}, {'labels': 'compound'}])
def test_the_generated_corpus(written, options):
    root, layout = written('mafw', 55, **options)
    labels = options.get('labels', 'single')
    conversion = convert(Source(root), labels)
    classes = conversion.metainfo['classes']
    assert len(conversion.rows) == 55
    assert {row['frames']: classes[row['label']].split('_')[0] for row in conversion.rows} == {
        clip.path: clip.label for clip in layout.clips}
    assert len(classes) == (11 if labels == 'single' else 6)
    assert conversion.report.problems == []
    assert sorted(clip for split in protocol_of(conversion).splits for clip in split.test) == [
        row['clip'] for row in conversion.rows]
    assert conversion.known['classes'] == (11 if labels == 'single' else 43)


def test_a_broken_copy(copied, told, put):
    root, layout = copied('mafw')
    path = root / 'single/no_caption/set_1/train.txt'
    put(path, path.read_bytes() + b'00001.mp4 3\n99999.mp4 anger\nname.mp4 anger\n'
        b'00002.mp4 anger_disgust\n00003.mp4\n../1.mp4 anger\n00004.mp4 calm\n')
    first = layout.clips[0].path
    for file in (root / first).iterdir():
        file.write_bytes(file.read_bytes()[:20])
    (root / 'single/no_caption/set_2/test.txt').unlink()
    conversion = convert(Source(root))
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    for part in ("label '3' is a number", 'is not the file of a clip',
                 'anger_disgust is no single expression', 'not a name and a label',
                 'calm is no single expression'):
        assert part in problems
    assert 'no readable frame' in told(conversion, first)[0]
    assert 'names nothing' in told(conversion, 'data/faces/99999')[0]
    assert 'fold is left out' in told(conversion, 'single/no_caption/set_2')[0]
    assert len(conversion.rows) == len(layout.clips) - 1
    with pytest.raises(CorpusError, match='none of the folders clips'):
        convert(Source(root), media='clips')
