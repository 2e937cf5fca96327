import pytest

from mmfer.corpora.generic import convert
from mmfer.corpora.source import Source
from mmfer.errors import AnnotationError, CorpusError


@pytest.fixture
def frames(tmp_path, put):
    for clip in ('c1', 'c2', 'c3', 'sub/ç4'):
        for number in (1, 2, 3, 4):
            put(tmp_path / 'frames' / clip / f'{number:06d}.png')
    for name in ('a.png', 'b.png'):
        put(tmp_path / 'frames' / name)
    return tmp_path / 'frames'


@pytest.fixture
def run(tmp_path, frames):
    def run(text, verify=True, **options):
        labels = tmp_path / 'labels.csv'
        labels.write_text(text, encoding='utf-8')
        return convert(Source(frames, verify=verify), labels, **options)

    return run


def test_columns_become_fields(run):
    conversion = run('clip,label,subject,fold,apex_start,apex_end,num_frames,scene\n'
                     'c2,Happy,Zoë,1,2,3,4,café\n'
                     'c1,anger,s1,2,,,,\n'
                     'sub/ç4,sad,s1,2,4,4,4,street\n')
    assert conversion.metainfo['classes'] == ['anger', 'happiness', 'sadness']
    assert conversion.rows[0] == {
        'clip': 'c2', 'frames': 'c2', 'num_frames': 4, 'filename_tmpl': '{:06d}.png',
        'start_index': 1, 'subject': 'Zoë', 'fold': '1', 'scene': 'café', 'apex': [2, 3],
        'label': 1}
    assert 'apex' not in conversion.rows[1]
    assert 'scene' not in conversion.rows[1]
    assert conversion.rows[2]['label'] == 2
    assert conversion.report.problems == []
    assert conversion.found == {
        'clips': 3, 'subjects': 2, 'anger': 1, 'happiness': 1, 'sadness': 1,
        'fewest frames': 4, 'most frames': 4, 'frames of all clips': 12}


def test_still_images(run):
    conversion = run('image,label\na.png,happy\nb.png,neutral\nc1,sad\n')
    assert [row['clip'] for row in conversion.rows] == ['a.png', 'b.png', 'c1']
    assert conversion.rows[0]['num_frames'] == 1


def test_chosen_classes_in_their_order(run):
    conversion = run('clip,label\nc1,happy\nc2,angry\nc3,neutral\n',
                     classes=['happy', 'anger', 'fear'])
    assert conversion.metainfo['classes'] == ['happiness', 'anger', 'fear']
    assert [row['label'] for row in conversion.rows] == [0, 1]
    assert conversion.found['fear'] == 0
    assert 'not among the classes: 1' in conversion.report.notes[0]
    with pytest.raises(CorpusError, match='twice'):
        run('clip,label\nc1,happy\n', classes=['happy', 'happiness'])
    with pytest.raises(AnnotationError, match='unknown expression'):
        run('clip,label\nc1,happy\n', classes=['hapy'])


@pytest.mark.parametrize(('line', 'column', 'message'), [
    ('none,happy,s,1,,', 'clip', 'names nothing'), (',happy,s,1,,', 'clip', 'empty'),
    ('c1,sad,s,1,,', 'clip', 'already the clip of labels.csv line 2'),
    ('./c1/,sad,s,1,,', 'clip', 'already the clip'),
    ('c2,hapy,s,1,,', 'label', "did you mean 'happy'"), ('c2,,s,1,,', 'label', 'empty'),
    ('c2,3,s,1,,', 'label', 'write the name'), ('c2,happy,s,,,', 'fold', 'empty'),
    ('c2,happy,s,1,3,2', 'apex_start', 'does not lie'),
    ('c2,happy,s,1,0,2', 'apex_start', 'does not lie'),
    ('c2,happy,s,1,2,5', 'apex_start', 'frames 1..4'),
    ('c2,happy,s,1,2,', 'apex_start', 'not two whole numbers'),
    ('c2,happy,s,1,a,2', 'apex_start', 'not two whole numbers'),
    ('../frames/c2,happy,s,1,,', 'clip', '".." part'), ('/etc,happy,s,1,,', 'clip', 'absolute'),
    ('c2,happy,s', '', '3 cells'),
])
def test_odd_rows_are_named_and_the_rest_is_converted(run, line, column, message):
    conversion = run('clip,label,subject,fold,apex_start,apex_end\n'
                     f'c1,happy,s,1,1,2\n{line}\nc3,sad,s,1,,\n')
    assert [row['clip'] for row in conversion.rows] == ['c1', 'c3']
    ((where, problem),) = conversion.report.problems
    assert where == 'labels.csv line 3'
    assert column in problem
    assert message in problem


def test_a_clip_refused_once_may_come_again(run):
    conversion = run('clip,label,apex_start,apex_end\nc1,happy,9,9\nc1,happy,1,2\n')
    assert [row['apex'] for row in conversion.rows] == [[1, 2]]


def test_rows_without_a_subject_are_kept_and_named(run):
    conversion = run('clip,label,subject\nc1,happy,s1\nc2,happy,\n')
    assert 'subject' not in conversion.rows[1]
    assert conversion.report.problems == [
        ('labels.csv line 3', "column 'subject' is empty; converted without a subject")]


def test_a_wrong_number_of_frames_is_named(run):
    conversion = run('clip,label,num_frames\nc1,happy,7\nc2,happy,4\n')
    assert len(conversion.rows) == 2
    ((_, problem),) = conversion.report.problems
    assert 'says 7, but there are 4' in problem


def test_damaged_frames(run, put, frames):
    put(frames / 'c1/000002.png', b'')
    conversion = run('clip,label,apex_start,apex_end\nc1,happy,4,4\n')
    assert conversion.rows[0]['frame_numbers'] == [1, 3, 4]
    assert conversion.rows[0]['apex'] == [4, 4]
    assert conversion.report.problems[0][0] == 'c1/000002.png'
    assert run('clip,label\nc1,happy\n', verify=False).rows[0]['num_frames'] == 4


def test_start_index(run, frames):
    (frames / 'c1/000001.png').unlink()
    text = 'clip,label,apex_start,apex_end\nc1,happy,4,4\n'
    assert run(text, start_index=1).rows[0]['frame_numbers'] == [2, 3, 4]
    assert 'frames 1..3' in str(pytest.raises(CorpusError, run, text).value)


@pytest.mark.parametrize(('header', 'message'), [
    ('label', 'clip, or image'), ('clip,image,label', 'clip, or image'), ('clip', 'called label'),
    ('clip,label,apex_start', 'come together'), ('clip,label,frame_labels', 'itself'),
])
def test_headers(run, header, message):
    with pytest.raises(CorpusError, match=message):
        run(f'{header}\n')


def test_nothing_to_convert(run, tmp_path):
    with pytest.raises(CorpusError, match='(?s)nothing could be converted.*line 2'):
        run('clip,label\nnone,happy\n')
    with pytest.raises(CorpusError, match='no such folder'):
        convert(Source(tmp_path / 'none'), tmp_path / 'labels.csv')
