import pytest

from mmfer.corpora.report import Report
from mmfer.corpora.source import Source, conclude, list_clips, read_media
from mmfer.errors import CorpusError


@pytest.fixture
def root(tmp_path, put):
    put(tmp_path / 'root/clips/a/1.png')
    put(tmp_path / 'root/clips/a/2.png')
    put(tmp_path / 'root/clips/b.mp4', b'no video')
    put(tmp_path / 'root/clips/empty.mp4', b'')
    return tmp_path / 'root'


def test_clips_below_the_corpus(root):
    counts = []
    media = Source(root, progress=counts.append).media('clips')
    assert media.clip('a') == {'frames': 'clips/a', 'num_frames': 2,
                               'filename_tmpl': '{:d}.png', 'start_index': 1}
    assert media.clip('b.mp4') is None
    assert media.clip('none') is None
    assert media.clip('../../x') is None
    assert counts == [1, 2, 3, 4]
    problems = dict(media.source.report.problems)
    assert 'cannot be opened' in problems['clips/b.mp4']
    assert 'names nothing' in problems['clips/none']
    assert '".." part' in problems['clips/../../x']
    assert all(problem.endswith('; left out') for problem in problems.values())


def test_a_listing_opens_no_video(root):
    media = Source(root, listing=True).media('clips')
    assert media.clip('b.mp4') == {'frames': 'clips/b.mp4', 'num_frames': 1, 'start_index': 0}
    assert media.clip('empty.mp4') is None
    assert 'empty file' in media.source.report.problems[0][1]


def test_own_crops_stand_for_videos(root, put, tmp_path):
    put(tmp_path / 'crops/b/3.png')
    media = Source(root, tmp_path / 'crops').media('clips')
    assert media.clip('b.mp4', start_index=1) == {
        'frames': 'b', 'num_frames': 1, 'frame_numbers': [3], 'filename_tmpl': '{:d}.png',
        'start_index': 1}
    assert media.clip('c.mp4') == {'frames': 'c', 'num_frames': 0}
    ((entry, problem), ) = media.source.report.problems
    assert (entry, problem.endswith('kept as a clip without a face')) == ('c', True)
    with pytest.raises(CorpusError, match='no such folder of face crops'):
        Source(root, tmp_path / 'none').media()


def test_gaps_are_odd_unless_the_corpus_has_them(root, put):
    put(root / 'clips/a/4.png')
    for gaps in (True, False):
        media = Source(root).media('clips', gaps)
        assert media.clip('a')['frame_numbers'] == [1, 2, 4]
        assert bool(media.source.report.problems) == gaps


def test_folders_that_must_be_there(root):
    assert Source(root).folder('clips', 'x') == root / 'clips'
    with pytest.raises(CorpusError, match='no such folder; it holds clips'):
        Source(root).folder('none', 'it holds clips')


def test_reading_is_as_close_as_the_source_says(root, put):
    put(root / 'cut.png', b'\x89PNG\r\n\x1a\n')
    assert read_media(Source(root, verify=False), 'cut')['num_frames'] == 1
    with pytest.raises(CorpusError, match='truncated'):
        read_media(Source(root), 'cut')


def test_names_of_clips(root, put):
    put(root / 'clips/a.mp4', b'x')
    put(root / 'clips/notes.txt')
    report = Report()
    assert list_clips(root / 'clips', report) == ['a', 'b.mp4', 'empty.mp4']
    assert report.problems == [('clips/notes.txt', 'neither a folder nor a video; left out')]


def test_a_conclusion_needs_frames(root):
    source = Source(root)
    source.report.add('x', 'odd')
    rows = [{'clip': 'a', 'frames': 'a', 'num_frames': 0, 'label': 0}]
    with pytest.raises(CorpusError, match='(?s)nothing could be converted.*x: odd'):
        conclude(source, 'name', ['fear'], rows)
    rows.append({'clip': 'b', 'frames': 'b', 'num_frames': 4, 'label': 0, 'subject': 's'})
    conversion = conclude(source, 'name', ['fear'], rows, {'extra': 3}, {'clips': 2})
    assert conversion.found == {
        'clips': 2, 'subjects': 1, 'fear': 2, 'fewest frames': 4, 'most frames': 4,
        'frames of all clips': 4, 'clips without a face': 1, 'extra': 3}
    assert conversion.known == {'clips': 2}
    assert conversion.metainfo['corpus'] == 'name'
