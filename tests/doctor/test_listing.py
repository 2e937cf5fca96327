from mmfer.annotations import Annotations
from mmfer.corpora import CORPORA, Source
from mmfer.corpora.dfew import NAMINGS
from mmfer.doctor.listing import (
    check_counts,
    check_entries,
    check_faces,
    check_labels,
    check_protocols,
)
from mmfer.synthetic.corpus import write_corpus
from mmfer.synthetic.layouts import MAKERS


def annotated(conversion):
    return Annotations(conversion.metainfo, conversion.rows, 'x.json')


def test_counts(conversion):
    assert check_counts(conversion({'clips': 3}, {'clips': 3})).problems == ()
    assert check_counts(conversion({'clips': 2}, {'clips': 3})).problems == (
        'clips 2 instead of 3 (-1)', )
    assert check_counts(conversion({'clips': 2})).remarks == ('no published counts are known', )


def test_entries(conversion):
    made = conversion(problems=[('a/1.png', 'empty file; frame left out')])
    made.report.ignored.update(['.DS_Store', '.DS_Store'])
    made.report.notes.append('a fact')
    finding = check_entries(made)
    assert finding.problems == ('a/1.png: empty file; frame left out', )
    assert finding.remarks == ('a fact', '2 files of other kinds ignored')


def test_faces(conversion):
    rows = [{'clip': 'a', 'frames': 'a', 'num_frames': 0, 'label': 0},
            {'clip': 'b', 'frames': 'b', 'num_frames': 2, 'frame_numbers': [1, 4], 'label': 0},
            {'clip': 'c', 'frames': 'c', 'num_frames': 2, 'frame_labels': [0, 0, 0]},
            {'clip': 'd', 'frames': 'd', 'num_frames': 2, 'label': 0}]
    finding = check_faces(annotated(conversion(rows=rows)))
    assert finding.problems == ("clip 'a': no frame at all", )
    assert finding.remarks == ('3 frames are missing within 2 other clips', )


def test_labels(conversion):
    swapped = conversion({'anger': 2, 'fear': 3, 'test anger': 1, 'test fear': 4},
                         {'anger': 3, 'fear': 2, 'test anger': 1, 'test fear': 4})
    assert len(check_labels('x', swapped).problems) == 2
    parts = conversion({'test anger': 1, 'test fear': 4}, {'test anger': 4, 'test fear': 1})
    assert check_labels('x', parts).problems == (
        'test part: anger: 1 clips, the published count of fear',
        'test part: fear: 4 clips, the published count of anger')
    numbers = conversion(problems=[('l 1', "column 'label': label '3' is a number, and so on")])
    assert 'numbers, which mean something else' in check_labels('x', numbers).problems[0]
    assert any('3 fear' in line for line in check_labels('x', numbers).problems[1:])
    assert check_labels('x', conversion({'anger': 1}, {'clips': 4})).problems == ()


def test_splits_and_a_list_that_was_numbered_from_0(tmp_path):
    maker = MAKERS['dfew']
    write_corpus(tmp_path / 'a', 'dfew', maker.make(0, 35, 2), {}, size_px=16)
    corpus = CORPORA['dfew']
    conversion = corpus.convert(Source(tmp_path / 'a'))
    made, finding = check_protocols(corpus, annotated(conversion), conversion)
    assert list(made) == ['protocol_5fold']
    assert finding.problems == (
        'protocol_5fold: the test parts hold 7, 7, 7, 7, 7 clips, as published 2341, 2341, 2340, '
        '2339, 2336', )
    assert check_labels('dfew', conversion).problems == ()
    for fold in range(1, 6):
        for part in ('train', 'test'):
            path = tmp_path / 'a' / NAMINGS[0].format(part=part, fold=fold)
            lines = path.read_text().split('\n')
            path.write_text('\n'.join(
                [lines[0], *(f'{line[:-1]}{int(line[-1]) - 1}' for line in lines[1:] if line)]))
    conversion = corpus.convert(Source(tmp_path / 'a'))
    (problem, ) = check_labels('dfew', conversion).problems
    assert 'label 0 occurs 25 times and 7 (fear) never' in problem
    # a list that puts a test clip into training as well
    path = tmp_path / 'a' / NAMINGS[0].format(part='train', fold=1)
    tested = (tmp_path / 'a' / NAMINGS[0].format(part='test', fold=1)).read_text().split('\n')[-1]
    path.write_text(path.read_text() + f'\n{tested}')
    conversion = corpus.convert(Source(tmp_path / 'a'))
    made, finding = check_protocols(corpus, annotated(conversion), conversion)
    assert made == {}
    assert tested.split(',')[0] in finding.problems[0]
