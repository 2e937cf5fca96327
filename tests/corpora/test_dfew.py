import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.dfew import CLASSES, CORPUS, KNOWN_TESTS, NAMINGS, convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError, ProtocolError

# typed by hand from the published layout: line of a list, clip, expression
ENTRIES = [
    ('00001,1', '00001', 'happiness'), ('00002,2', '00002', 'sadness'),
    ('00003,3', '00003', 'neutral'), ('00004,4', '00004', 'anger'),
    ('00005,5', '00005', 'surprise'), ('00006,6', '00006', 'disgust'),
    ('00007,7', '00007', 'fear'), ('16372,3', '16372', 'neutral'),
    ('8,1', '00008', 'happiness'), ('00009.mp4,4', '00009', 'anger'),
    (' 00010 , 7 ', '00010', 'fear'), ('00011,2.0', '00011', 'sadness'),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


def annotated(conversion):
    return Annotations(conversion.metainfo, conversion.rows, 'x.json')


def put_lists(root, put, lines, naming=0):
    """The same clips in all folds: fold k tests those whose index is k - 1 modulo 5."""
    for fold in range(1, 6):
        for part in ('train', 'test'):
            own = [line for index, line in enumerate(lines)
                   if (index % 5 + 1 == fold) == (part == 'test')]
            put(root / NAMINGS[naming].format(part=part, fold=fold),
                '\n'.join(['video_name,label', *own, '']).encode())


@pytest.mark.parametrize('naming', [0, 1, 2])
def test_typed_entries_in_all_three_namings(tmp_path, put, naming):
    put_lists(tmp_path, put, [line for line, _, _ in ENTRIES], naming)
    for _, clip, _ in ENTRIES:
        for number in (1, 2):
            put(tmp_path / f'clip_224x224/{clip}/{clip}_{number:05d}.jpg')
    conversion = convert(Source(tmp_path))
    rows = by_clip(conversion)
    assert {clip: CLASSES[row['label']] for clip, row in rows.items()} == {
        clip: label for _, clip, label in ENTRIES}
    assert rows['00001'] == {
        'clip': '00001', 'frames': 'clip_224x224/00001', 'num_frames': 2, 'start_index': 1,
        'filename_tmpl': '00001_{:05d}.jpg', 'label': CLASSES.index('happiness')}
    protocol = protocols(annotated(conversion), conversion, 0)['protocol_5fold']
    assert protocol.names == ('fold1', 'fold2', 'fold3', 'fold4', 'fold5')
    assert protocol.split('fold1').test == ('00001', '00006', '00010')
    assert not protocol.subject_disjoint


@pytest.mark.parametrize(('media', 'folder', 'lengths'), [
    ('frames', 'clip_224x224', {2, 3}), ('frames16', 'clip_224x224_16f', {16}),
    ('videos', 'original', {2, 3})])
def test_the_generated_corpus(written, media, folder, lengths):
    root, layout = written('dfew', 35, media=media, naming=2)
    conversion = convert(Source(root))
    assert {row['num_frames'] for row in conversion.rows} == lengths
    assert {row['frames']: CLASSES[row['label']] for row in conversion.rows} == {
        clip.path: clip.label for clip in layout.clips}
    assert conversion.rows[0]['frames'].startswith(f'{folder}/')
    assert conversion.report.problems == []
    assert conversion.found == {
        'clips': 35, **dict.fromkeys(CLASSES, 5), 'fewest frames': min(lengths),
        'most frames': max(lengths),
        'frames of all clips': sum(clip.num_frames for clip in layout.clips)}
    assert conversion.known['clips'] == sum(KNOWN_TESTS) == 11697
    # 16 frames are no property of the corpus, so they are not compared with its counts
    assert ('most frames' in conversion.known) == (media != 'frames16')
    parts = protocols(annotated(conversion), conversion, 0)['protocol_5fold']
    assert sorted(clip for split in parts.splits for clip in split.test) == sorted(
        by_clip(conversion))


def test_a_broken_copy(copied, told, put):
    root, layout = copied('dfew', count=35)
    lists = [root / NAMINGS[0].format(part=part, fold=1) for part in ('train', 'test')]
    name = layout.clips[0].path.rsplit('/', 1)[1]
    lists[0].write_bytes(lists[0].read_bytes() + f'99999,1\n{name},9\nabc,1\n\n12345\n'.encode())
    first, again = lists[0].read_text().split('\n')[1:3]
    put(lists[0], (lists[0].read_text() + first + '\n').encode())
    other = again.split(',')[0]
    wrong = root / NAMINGS[0].format(part='train', fold=2)
    put(wrong, (wrong.read_text() + f'{first.split(",")[0]},7\n').encode())
    for file in (root / f'clip_224x224/{other}').iterdir():
        file.write_bytes(b'')
    conversion = convert(Source(root))
    assert other not in by_clip(conversion)
    assert 'no readable frame' in told(conversion, f'clip_224x224/{other}')[0]
    assert 'names nothing' in told(conversion, 'clip_224x224/99999')[0]
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    assert 'not a code of dfew' in problems
    assert "'abc' is not the number of a clip" in problems
    assert 'not a name and a label' in problems
    assert 'listed twice' in problems
    assert 'in another list' in problems
    # a clip without media is in no part
    divisions = conversion.divisions['protocol_5fold']
    assert not any(other in division.train + division.test for division in divisions)
    # the line that was added to fold 2 names a clip that fold 2 tests
    leaked = first.split(',')[0]
    with pytest.raises(ProtocolError, match=f"split 'fold2': clip '{leaked}' is in train and"):
        CORPUS.protocols(annotated(conversion), conversion, 0)


def test_a_fold_without_its_lists_is_left_out(copied, told):
    root, _ = copied('dfew', count=35)
    (root / NAMINGS[0].format(part='test', fold=3)).unlink()
    conversion = convert(Source(root))
    assert 'fold is left out' in told(conversion, NAMINGS[0].format(part='*', fold=3))[0]
    assert [d.name for d in conversion.divisions['protocol_5fold']] == [
        'fold1', 'fold2', 'fold4', 'fold5']


def test_the_folder_of_the_clips(copied, tmp_path):
    root, _ = copied('dfew', count=35)
    (root / 'Clip').mkdir()
    (root / 'clip_224x224').rename(root / 'Clip/clip_224x224')
    assert convert(Source(root)).rows[0]['frames'].startswith('Clip/clip_224x224/')
    (root / 'Clip/clip_224x224').rename(root / 'mine')
    with pytest.raises(CorpusError, match='name yours by --clips'):
        convert(Source(root))
    assert convert(Source(root), clips='mine').rows[0]['frames'].startswith('mine/')
    with pytest.raises(CorpusError, match='no such folder'):
        convert(Source(root), clips='other')
    with pytest.raises(CorpusError, match='no list of a fold'):
        convert(Source(tmp_path / 'dfew/mine'))
