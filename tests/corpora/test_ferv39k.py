import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.ferv39k import CLASSES, LISTS, convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

# typed by hand from the published layout
ENTRIES = [
    ('Action/Happy/0267 Happy', 'happiness'), ('Action/Angry/0001 Angry', 'anger'),
    ('Crime/Disgust/0410 Disgust', 'disgust'), ('Crime/Fear/0002 Fear', 'fear'),
    ('DailyLife/Neutral/1200 Neutral', 'neutral'), ('DailyLife/Sad/0003 Sad', 'sadness'),
    ('School/Surprise/0004 Surprise', 'surprise'), ('School/Happy/0005 Happy', 'happiness'),
    ('War/Angry/0006 Angry', 'anger'), ('War/Sad/0007', 'sadness'),
    ('Social/Neutral/0008/ Neutral', 'neutral'),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


@pytest.fixture
def typed(tmp_path, put):
    for number, (line, _) in enumerate(ENTRIES):
        clip = line.split()[0].rstrip('/')
        put(tmp_path / f'2_ClipsforFaceCrop/{clip}/0.jpg')
        path = tmp_path / LISTS / f'{"test" if number % 4 == 0 else "train"}_All.csv'
        put(path, (path.read_bytes() if path.exists() else b'') + f'{line}\n'.encode())
    return tmp_path


def test_typed_entries(typed):
    conversion = convert(Source(typed))
    assert {clip: CLASSES[row['label']] for clip, row in by_clip(conversion).items()} == {
        line.split()[0].rstrip('/'): label for line, label in ENTRIES}
    assert by_clip(conversion)['Action/Happy/0267'] == {
        'clip': 'Action/Happy/0267', 'frames': '2_ClipsforFaceCrop/Action/Happy/0267',
        'num_frames': 1, 'filename_tmpl': '{:d}.jpg', 'start_index': 0, 'scene': 'Action',
        'label': CLASSES.index('happiness')}
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    protocol = protocols(annotations, conversion, 0)['protocol_published']
    assert protocol.names == ('published', )
    assert protocol.split('published').test == (
        'Action/Happy/0267', 'DailyLife/Neutral/1200', 'War/Angry/0006')
    assert conversion.found['scenes'] == 6
    assert conversion.report.problems == []


@pytest.mark.parametrize('header', [False, True])
def test_the_generated_corpus(written, header):
    root, layout = written('ferv39k', 35, header=header)
    conversion = convert(Source(root))
    assert {row['frames']: CLASSES[row['label']] for row in conversion.rows} == {
        clip.path: clip.label for clip in layout.clips}
    assert (conversion.found['train clips'], conversion.found['test clips']) == (28, 7)
    assert conversion.known == {'train clips': 31088, 'test clips': 7847, 'scenes': 22}
    assert conversion.report.problems == []
    assert any('0 anger' in note for note in conversion.report.notes) == header


def test_a_broken_copy(typed, told, put):
    path = typed / LISTS / 'train_All.csv'
    put(path, path.read_bytes() + (
        b'Action/Happy/0267 Sad\nAction/Joyful/0001 Joyful\nAction/Calm/0001 Calm\n'
        b'Action/Happy Happy\n../../etc/passwd Happy\nAction/Happy/9999 Happy\n'
        b'Crime/Fear/0002 Fear\n'))
    put(typed / '2_ClipsforFaceCrop/War/Sad/0007/0.jpg', b'')
    conversion = convert(Source(typed))
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    for part in ("the list says 'Sad', which is sadness, but the folder says happiness",
                 "unknown expression 'Joyful'", 'calm is no class of FERV39k',
                 'is not Scene/Emotion/clip', 'listed twice'):
        assert part in problems
    assert 'names nothing' in told(conversion, '2_ClipsforFaceCrop/Action/Happy/9999')[0]
    assert 'no readable frame' in told(conversion, '2_ClipsforFaceCrop/War/Sad/0007')[0]
    assert len(conversion.rows) == len(ENTRIES) - 1


def test_numbers_that_mean_two_things(typed, put):
    put(typed / LISTS / 'train_All.csv',
        b'path,id\nAction/Angry/0001,0\nCrime/Fear/0002,1\nSchool/Happy/0005,1\n')
    conversion = convert(Source(typed))
    ((_, problem), ) = [p for p in conversion.report.problems if 'School' in p[1] or "'1'" in p[1]]
    assert "the list says '1', which is fear, but the folder says happiness" in problem


def test_a_clip_in_both_parts_is_a_leak(typed, put):
    from mmfer.errors import ProtocolError
    path = typed / LISTS / 'train_All.csv'
    put(path, path.read_bytes() + b'Action/Happy/0267 Happy\n')
    conversion = convert(Source(typed))
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    with pytest.raises(ProtocolError, match='Action/Happy/0267'):
        protocols(annotations, conversion, 0)


def test_nothing_to_convert(tmp_path, typed):
    with pytest.raises(CorpusError, match='4_setups'):
        convert(Source(tmp_path / 'none'))
    (typed / LISTS / 'test_All.csv').unlink()
    with pytest.raises(CorpusError, match=r'test_All.csv: cannot be read'):
        convert(Source(typed))
