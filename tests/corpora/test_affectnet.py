import io
import pickle

import numpy as np
import pytest

from mmfer.annotations import Annotations
from mmfer.corpora.affectnet import CLASSES, convert, protocols
from mmfer.corpora.source import Source
from mmfer.errors import CorpusError

HEADER = ('subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,'
          'expression,valence,arousal')
# typed by hand from the published tables: path, code, expression
ENTRIES = [
    ('689/737db2483489148d783ef278f43f486c0a97e140fc4b6b61b84363ca.jpg', 0, 'neutral'),
    ('392/c4db2f9b7e4b422d14b6e038f0cdc3ecee239b55326e9181ee4520f9.jpg', 1, 'happiness'),
    ('1/a.jpg', 2, 'sadness'), ('1/b.jpg', 3, 'surprise'), ('2/c.jpg', 4, 'fear'),
    ('2/d.jpeg', 5, 'disgust'), ('3/e.png', 6, 'anger'), ('3/f.jpg', 7, 'contempt'),
    ('4/g.jpg', 8, None), ('4/h.jpg', 9, None), ('5/i.jpg', 10, None),
]


def by_clip(conversion):
    return {row['clip']: row for row in conversion.rows}


def table_line(path, code):
    return f'{path},134,134,899,899,"181.6;530.9;195.0",{code},-0.5,0.2'


@pytest.fixture
def tables(tmp_path, put):
    for name, entries in (('training.csv', ENTRIES), ('validation.csv', [
            ('9/v.jpg', 7, 'contempt'), ('9/w.jpg', 1, 'happiness')])):
        put(tmp_path / name, '\n'.join(
            [HEADER, *(table_line(path, code) for path, code, _ in entries), '']).encode())
        for path, _, _ in entries:
            put(tmp_path / 'Manually_Annotated_Images' / path)
    return tmp_path


def test_typed_entries(tables):
    conversion = convert(Source(tables))
    rows = by_clip(conversion)
    for path, _, label in ENTRIES:
        assert (CLASSES[rows[path]['label']] if path in rows else None) == label
    annotations = Annotations(conversion.metainfo, conversion.rows, 'x.json')
    split = protocols(annotations, conversion, 0)['protocol_published'].split('published')
    assert split.test == ('9/v.jpg', '9/w.jpg')
    assert conversion.report.notes == [
        'these are whole photographs, not faces; give --frames',
        'images labelled no face, left out: 1', 'images labelled none, left out: 1',
        'images labelled uncertain, left out: 1']


def test_seven_classes_leave_contempt_out(tables):
    conversion = convert(Source(tables), num_classes=7)
    assert 'contempt' not in conversion.metainfo['classes']
    assert sorted(by_clip(conversion)) == sorted(
        ['9/w.jpg', *(path for path, code, _ in ENTRIES if code < 7)])
    assert conversion.known == {'train clips': 283901, 'test clips': 3500}


@pytest.mark.parametrize('edition', ['sets', 'tables'])
def test_the_generated_corpus(written, edition):
    root, layout = written('affectnet', 80, edition=edition)
    conversion = convert(Source(root))
    assert {row['frames']: CLASSES[row['label']] for row in conversion.rows} == {
        clip.path: clip.label for clip in layout.clips if clip.label}
    assert 'images labelled uncertain, left out: 1' in conversion.report.notes
    assert (conversion.found['train clips'], conversion.found['test clips']) == (64, 16)
    assert conversion.report.problems == []
    assert conversion.known == {'train clips': 287651, 'test clips': 4000}


def saved(value):
    buffer = io.BytesIO()
    np.save(buffer, value)
    return buffer.getvalue()


def test_nothing_is_unpickled(copied, told, put):
    root, _ = copied('affectnet')
    folder = 'train_set/annotations'
    put(root / f'{folder}/p_exp.npy', saved(np.array([{'a': 1}], dtype=object)))
    put(root / f'{folder}/q_exp.npy', pickle.dumps(1))
    put(root / f'{folder}/r_exp.npy', saved(np.array([1, 2])))
    put(root / f'{folder}/s_exp.npy', b'')
    put(root / f'{folder}/t_exp.npy', saved(np.array(11)))
    put(root / f'{folder}/u_exp.npy', saved(np.array('1')))
    put(root / f'{folder}/u_val.npy', b'never read')
    conversion = convert(Source(root))
    for name in 'pqs':
        assert 'not a NumPy file' in told(conversion, f'{folder}/{name}_exp.npy')[0]
    assert '2 values' in told(conversion, f'{folder}/r_exp.npy')[0]
    assert "'11' is not a code of affectnet" in told(conversion, f'{folder}/t_exp.npy')[0]
    assert len(told(conversion, 'train_set/images/u.jpg')) == 1
    assert len(conversion.rows) == 80


def test_a_broken_table(tables, told, put):
    path = tables / 'training.csv'
    put(path, path.read_bytes() + '\n'.join(
        [table_line('../x.jpg', 1), table_line('7/none.jpg', 1), table_line('1/a.jpg', 2),
         table_line('7/y.jpg', 'happy?'), '1,2']).encode())
    conversion = convert(Source(tables))
    problems = '\n'.join(problem for _, problem in conversion.report.problems)
    for part in ('".." part', 'listed twice', "unknown expression 'happy?'", '2 cells'):
        assert part in problems
    assert len(told(conversion, 'Manually_Annotated_Images/7/none.jpg')) == 1


def test_nothing_to_convert(tmp_path, put, tables):
    with pytest.raises(CorpusError, match='neither layout'):
        convert(Source(tables / '..' / tables.name / 'Manually_Annotated_Images'))
    put(tables / 'training.csv', b'a,b\n1,2\n')
    with pytest.raises(CorpusError, match='no column subDirectory_filePath, expression'):
        convert(Source(tables))
