import json
from dataclasses import replace

import pytest

from mmfer.annotations import Annotations, make_metainfo
from mmfer.errors import ProtocolError
from mmfer.protocols import (
    Protocol,
    Split,
    part_clips,
    protocol_hash,
    read_protocol,
    write_protocol,
)

ROWS = [{'clip': f'c{i}', 'frames': f'c{i}', 'num_frames': 2, 'label': i % 2,
         'subject': f's{i // 2}'} for i in range(8)]
ANNOTATIONS = Annotations(make_metainfo('x', ['a', 'b'], ROWS), ROWS, 'annotations.json')
SPLIT = Split('fold1', ('c0', 'c1', 'c2', 'c3'), ('c4', 'c5'), ('c6', 'c7'))
PROTOCOL = Protocol('p', ANNOTATIONS.hash, True, 0, (SPLIT,), selection_by='subject')


def changed(**fields):
    return replace(PROTOCOL, splits=(replace(SPLIT, **fields),))


def test_round_trip(tmp_path):
    path = tmp_path / 'protocol.json'
    write_protocol(path, PROTOCOL)
    protocol = read_protocol(path, ANNOTATIONS)
    assert protocol == PROTOCOL
    assert protocol.path == path
    assert protocol.names == ('fold1',)
    assert protocol.split('fold1') == SPLIT
    assert protocol_hash(path) == protocol_hash(PROTOCOL)
    assert protocol_hash(PROTOCOL) != protocol_hash(replace(PROTOCOL, seed=1))
    first = path.read_bytes()
    write_protocol(path, protocol)
    assert path.read_bytes() == first
    content = json.loads(first)
    assert list(content) == ['name', 'annotation_hash', 'subject_disjoint', 'seed',
                             'selection_by', 'splits']
    assert list(content['splits'][0]) == ['name', 'train', 'selection', 'test']


def test_what_the_selection_was_carved_by_is_part_of_the_hash(tmp_path):
    hashes = {protocol_hash(replace(PROTOCOL, selection_by=by))
              for by in (None, 'subject', 'clip', 'given', 'source')}
    assert len(hashes) == 5


def test_a_file_may_leave_out_what_the_selection_was_carved_by(tmp_path):
    path = tmp_path / 'protocol.json'
    content = PROTOCOL.to_dict()
    del content['selection_by']
    path.write_text(json.dumps(content))
    protocol = read_protocol(path, ANNOTATIONS)
    assert protocol.selection_by is None
    assert protocol.to_dict() == content


def test_unknown_split_names_the_known():
    with pytest.raises(ProtocolError, match="no split 'fold9'; there are: fold1"):
        PROTOCOL.split('fold9')


@pytest.mark.parametrize(('protocol', 'message'), [
    (changed(selection=('c6',)), "'fold1': clip 'c6' is in selection and in test"),
    (changed(train=('c0', 'c4')), "clip 'c4' is in train and in selection"),
    (changed(test=('c3', 'c6')), "clip 'c3' is in train and in test"),
    (changed(train=('c0', 'c0')), 'twice in train'),
    (changed(train=()), 'no clip in train'),
    (changed(test=()), 'no clip in test'),
    (changed(selection=('c4',), test=('c5', 'c6')),
     r"subject 's2' is in selection \(clip 'c4'\) and in test \(clip 'c5'\)"),
    (changed(train=('c0', 'c7'), test=('c6',)), r"subject 's3' is in train.*in test"),
    (changed(train=('c0', 'zz')), "clip 'zz', which is not in annotations.json"),
    (replace(PROTOCOL, annotation_hash='0' * 64), 'another annotation file'),
    (replace(PROTOCOL, splits=(SPLIT, SPLIT)), 'two splits have one name'),
    (changed(selection=('c6', 'c7')), "'c6' .* as are all others: the selection part is the test"),
    (changed(name='../fold1'), r"split '\.\./fold1': .* must not hold a slash"),
    (changed(name='..'), 'must not hold a slash or be one or two dots'),
    (changed(name='a\\b'), 'must not hold a slash'),
])
def test_leaks_and_misfits_name_the_offender(tmp_path, protocol, message):
    path = tmp_path / 'protocol.json'
    path.write_text(json.dumps(protocol.to_dict()))
    with pytest.raises(ProtocolError, match=message) as caught:
        read_protocol(path, ANNOTATIONS)
    assert 'protocol.json' in str(caught.value)


def test_shared_subjects_are_fine_where_the_protocol_says_so():
    protocol = changed(train=('c0', 'c7'), test=('c6',))
    replace(protocol, subject_disjoint=False).check(ANNOTATIONS)


def test_overlap_is_refused_on_writing_too(tmp_path):
    with pytest.raises(ProtocolError, match='c6'):
        write_protocol(tmp_path / 'p.json', changed(selection=('c6',)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(('drop', 'message'), [('subject', 'no subject'), ('label', 'no label')])
def test_clips_need_subject_and_label(drop, message):
    rows = [dict(row) for row in ROWS]
    del rows[6][drop]
    annotations = Annotations(make_metainfo('x', ['a', 'b'], rows), rows, 'annotations.json')
    with pytest.raises(ProtocolError, match=f"'c6'.*{message}"):
        replace(PROTOCOL, annotation_hash=annotations.hash).check(annotations)


@pytest.mark.parametrize('change', [
    {'name': None}, {'subject_disjoint': 1}, {'seed': '0'}, {'seed': True}, {'splits': []},
    {'splits': {}}, {'splits': [{}]}, {'splits': [{'name': 'a', 'train': ['c']}]},
    {'selection_by': None}, {'selection_by': ''}, {'selection_by': ['subject']},
    {'selection': 'inner'},
    {'splits': [{'name': 'a', 'train': [1], 'selection': [], 'test': ['c']}]},
])
def test_malformed_content(tmp_path, change):
    path = tmp_path / 'p.json'
    path.write_text(json.dumps({**PROTOCOL.to_dict(), **change}))
    with pytest.raises(ProtocolError, match=r'p\.json'):
        read_protocol(path)


def test_parts_under_each_selection():
    everything = ('c0', 'c1', 'c2', 'c3', 'c4', 'c5')
    for selection in ('last', 'literature'):
        assert part_clips(SPLIT, 'train', selection) == everything
    assert part_clips(SPLIT, 'train', 'inner') == SPLIT.train
    for part in ('validation', 'selection'):
        assert part_clips(SPLIT, part, 'inner') == SPLIT.selection
        assert part_clips(SPLIT, part, 'literature') == SPLIT.test
        with pytest.raises(ProtocolError, match='no validation part'):
            part_clips(SPLIT, part, 'last')
    for selection in ('last', 'inner', 'literature'):
        assert part_clips(SPLIT, 'test', selection) == SPLIT.test


def test_parts_that_do_not_exist():
    with pytest.raises(ProtocolError, match="'best' is none of"):
        part_clips(SPLIT, 'train', 'best')
    with pytest.raises(ProtocolError, match="'dev' is none of"):
        part_clips(SPLIT, 'dev', 'inner')
    with pytest.raises(ProtocolError, match='nothing to select on'):
        part_clips(replace(SPLIT, selection=()), 'validation', 'inner')
