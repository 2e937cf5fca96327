import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.affwild2 import convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

HEADER = 'Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise'
CLASSES = ['neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise', 'other']
# typed by hand from the published layout: video, its labels, numbers of its aligned faces
ENTRIES = [
    ('1-30-1280x720', [0, 1, 2, 3], [1, 2, 3, 4]),
    ('10-60-1280x720_left', [4, 5, 6], [1, 3]),
    ('10-60-1280x720_right', [4, -1, -1], [2]),
    ('video29', [7, 7, 0], [1, 2, 3]),
    ('6-30-1920x1080', [-1, 0], [1, 2, 3]),
]
FRAMES = [  # (video, number of the file, expression by the corpus's own table)
    ('1-30-1280x720', 1, 'neutral'), ('1-30-1280x720', 2, 'anger'),
    ('1-30-1280x720', 3, 'disgust'), ('1-30-1280x720', 4, 'fear'),
    ('10-60-1280x720_left', 1, 'happiness'), ('10-60-1280x720_left', 3, 'surprise'),
    ('10-60-1280x720_right', 2, None), ('video29', 1, 'other'), ('video29', 3, 'neutral'),
    ('6-30-1920x1080', 1, None), ('6-30-1920x1080', 2, 'neutral'), ('6-30-1920x1080', 3, None),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


@pytest.fixture
def typed(tmp_path, put):
    for index, (video, labels, numbers) in enumerate(ENTRIES):
        part = 'Validation_Set' if index == 3 else 'Train_Set'
        put(tmp_path / f'EXPR_Classification_Challenge/{part}/{video}.txt',
            '\n'.join([HEADER + ',Other', *map(str, labels), '']).encode())
        for number in numbers:
            put(tmp_path / f'cropped_aligned/{video}/{number:05d}.jpg')
    return tmp_path


def test_typed_entries(typed, told):
    conversion = convert(Source(typed))
    rows = by_clip(conversion)
    assert conversion.metainfo['classes'] == CLASSES
    for video, number, expression in FRAMES:
        row = rows[video]
        assert number in row.get('frame_numbers', range(1, row['num_frames'] + 1))
        label = row['frame_labels'][number - 1]
        assert (CLASSES[label] if label >= 0 else None) == expression
    # a frame without a face keeps its label, and the others theirs
    assert rows['10-60-1280x720_left']['frame_numbers'] == [1, 3]
    assert rows['10-60-1280x720_left']['frame_labels'] == [4, 5, 6]
    assert {row['source'] for row in conversion.rows} == {
        '1-30-1280x720', '10-60-1280x720', 'video29', '6-30-1920x1080'}
    ((_, problem), ) = conversion.report.problems
    assert '2 labels, but the last frame is 3' in problem
    assert conversion.found['frames without a face'] == 16 - 13
    assert conversion.found['frames ignored'] == 4


def test_two_people_of_one_video_stay_together(typed):
    conversion = convert(Source(typed))
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    for seed in range(8):
        split = protocols(annotations, conversion, seed)['protocol_split'].split('split1')
        assert split.test == ('video29', )
        couple = {'10-60-1280x720_left', '10-60-1280x720_right'}
        assert couple <= set(split.train) or couple <= set(split.selection)


@pytest.mark.parametrize('edition', ['abaw1', 'abaw3'])
def test_the_generated_corpus(written, edition):
    root, layout = written('affwild2', 16, max_frames=9, edition=edition)
    conversion = convert(Source(root))
    rows = by_clip(conversion)
    assert conversion.metainfo['classes'] == CLASSES[:8 if edition == 'abaw3' else 7]
    for clip in layout.clips:
        row = rows[clip.path.rsplit('/', 1)[1]]
        present = sorted(set(range(1, clip.num_frames + 1)) - clip.absent)
        assert row.get('frame_numbers', list(range(1, row['num_frames'] + 1))) == present
        assert len(row['frame_labels']) == clip.num_frames
        shown = {CLASSES[label] for label in row['frame_labels'] if label >= 0}
        assert shown <= {'neutral', clip.label}
    assert conversion.report.problems == []
    assert conversion.known == ({'train clips': 253, 'test clips': 71} if edition == 'abaw1'
                                else {})
    assert (conversion.found['train clips'], conversion.found['test clips']) == (12, 4)


@pytest.mark.parametrize(('content', 'message'), [
    (b'', 'no label in the file'), (b'Neutral,Anger\n', 'no label in the file'),
    (b'h\n0\n9\n', "frame 2: label '9' is not a code"), (b'h\n0\n\n1\n', 'frame 2'),
    (b'h\n0\nhappy\n', 'frame 2'), (b'\xff\xfe\n1\n', 'not a text in UTF-8'),
])
def test_broken_label_files(typed, put, told, content, message):
    relative = 'EXPR_Classification_Challenge/Train_Set/1-30-1280x720.txt'
    put(typed / relative, content)
    conversion = convert(Source(typed))
    (problem, ) = told(conversion, relative)
    assert message in problem and problem.endswith('; left out')
    assert len(conversion.rows) == len(ENTRIES) - 1


def test_other_oddities(typed, put, told):
    folder = 'EXPR_Classification_Challenge/Train_Set'
    put(typed / f'{folder}/noheader.txt', b'1\n2\n')
    put(typed / 'cropped_aligned/noheader/00001.jpg')
    put(typed / f'{folder}/noframes.txt', b'h\n1\n')
    put(typed / f'{folder}/readme.md', b'x')
    conversion = convert(Source(typed))
    assert by_clip(conversion)['noheader']['frame_labels'] == [1, 2]
    assert 'no header line' in told(conversion, f'{folder}/noheader.txt')[0]
    assert 'names nothing' in told(conversion, 'cropped_aligned/noframes')[0]
    assert 'not a label file' in told(conversion, f'{folder}/readme.md')[0]


def test_seven_classes_in_2020(tmp_path, put, told):
    folder = tmp_path / 'annotations/EXPR_Set'
    put(folder / 'Training_Set/a.txt', f'{HEADER}\n6\n'.encode())
    put(folder / 'Training_Set/b.txt', f'{HEADER}\n7\n'.encode())
    put(folder / 'Validation_Set/c.txt', f'{HEADER}\n0\n'.encode())
    for video in 'abc':
        put(tmp_path / f'cropped_aligned/{video}/00001.jpg')
    conversion = convert(Source(tmp_path))
    assert sorted(by_clip(conversion)) == ['a', 'c']
    assert '7 (other) does not exist' in told(
        conversion, 'annotations/EXPR_Set/Training_Set/b.txt')[0]


def test_one_edition_at_a_time(typed, put, tmp_path):
    put(typed / 'annotations/EXPR_Set/Training_Set/a.txt')
    with pytest.raises(CorpusError, match='annotations/EXPR_Set and EXPR_Classification'):
        convert(Source(typed))
    with pytest.raises(CorpusError, match='no labels'):
        convert(Source(typed / 'cropped_aligned'))
