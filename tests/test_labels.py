import pytest

from mmfer.errors import AnnotationError
from mmfer.labels import ALIASES, CKPLUS, CKPLUS_CLASSES, EXPRESSIONS, canonical, class_list


@pytest.mark.parametrize(('name', 'expected'), [
    ('anger', 'anger'), ('Angry', 'anger'), (' ANG ', 'anger'), ('Happy', 'happiness'),
    ('Sad', 'sadness'), ('Surprised', 'surprise'), ('Fearful', 'fear'), ('disgust', 'disgust'),
    ('Neutral', 'neutral'), ('Contempt', 'contempt'), ('disappointment', 'disappointment'),
    ('helplessness', 'helplessness'), ('anxiety', 'anxiety'), ('calm', 'calm'),
    ('Other', 'other'),
])
def test_names_in_use(name, expected):
    assert canonical(name) == expected


@pytest.mark.parametrize(('code', 'expected'), [
    (1, 'anger'), (2, 'contempt'), ('   3.0000000e+00', 'disgust'), (4, 'fear'),
    ('5', 'happiness'), (6.0, 'sadness'), ('7.0000000e+00', 'surprise'),
])
def test_codes_of_ckplus(code, expected):
    assert canonical(code, 'ckplus') == expected


def test_a_number_means_nothing_without_its_corpus():
    with pytest.raises(AnnotationError, match='write the name'):
        canonical(3)
    with pytest.raises(AnnotationError, match='write the name'):
        canonical('3')


@pytest.mark.parametrize('code', [0, 8, 9, -1, 3.5])
def test_codes_outside_the_table_are_refused(code):
    with pytest.raises(AnnotationError, match='not a code of ckplus'):
        canonical(code, 'ckplus')


@pytest.mark.parametrize('name', ['hapy', '', 'nan', 'inf', 'anger disgust'])
def test_unknown_names_are_refused(name):
    with pytest.raises(AnnotationError, match='unknown expression'):
        canonical(name)


def test_the_nearest_name_is_suggested():
    with pytest.raises(AnnotationError, match="did you mean 'happy'"):
        canonical('hapy')


def test_an_unknown_corpus_is_refused():
    with pytest.raises(AnnotationError, match='no table'):
        canonical(1, 'nosuch')


def test_aliases_lead_into_the_vocabulary():
    assert set(ALIASES.values()) <= set(EXPRESSIONS)
    assert not set(ALIASES) & set(EXPRESSIONS)


def test_class_orders():
    assert class_list(['surprise', 'calm', 'Happy', 'happiness', 'angry']) == [
        'anger', 'happiness', 'surprise', 'calm']
    assert CKPLUS_CLASSES == ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness',
                              'surprise')
    assert sorted(CKPLUS) == [1, 2, 3, 4, 5, 6, 7]
