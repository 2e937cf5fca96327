import numpy as np
import pytest

from mmfer.visualization.feature_embedding import Embedding, draw_embeddings, embed


def clusters(seed=0, count=15):
    rng = np.random.default_rng(seed)
    centres = 20 * rng.normal(size=(3, 8))
    return np.repeat(centres, count, 0) + rng.normal(size=(3 * count, 8))


def test_clusters_stay_apart_and_the_seed_decides():
    points = embed(clusters(), seed=1)
    labels = np.repeat(np.arange(3), 15)
    assert points.shape == (45, 2)
    distances = np.linalg.norm(points[:, None] - points[None], axis=-1)
    np.fill_diagonal(distances, np.inf)
    assert (labels[distances.argmin(1)] == labels).all()
    np.testing.assert_array_equal(points, embed(clusters(), seed=1))


@pytest.mark.parametrize('shape', [(4, 3), (5, 1)])
def test_few_or_narrow_features(shape):
    points = embed(np.random.default_rng(0).random(shape))
    assert points.shape == (shape[0], 2) and np.isfinite(points).all()


def test_refuses_too_few():
    with pytest.raises(ValueError, match='at least 4'):
        embed(np.ones((3, 2)))


def test_a_class_looks_the_same_in_all_panels():
    points, labels = np.random.default_rng(0).random((6, 2)), np.array([0, 0, 1, 1, 2, 2])
    figure = draw_embeddings([Embedding('one', points, labels, 'note'),
                              Embedding('two', points[2:], labels[2:])], ['a', 'b', 'c'])
    first, second = figure.axes
    np.testing.assert_array_equal(first.collections[1].get_offsets(), points[2:4])
    assert len(second.collections[0].get_offsets()) == 0
    for left, right in zip(first.collections, second.collections, strict=True):
        np.testing.assert_array_equal(left.get_facecolor(), right.get_facecolor())
    assert [text.get_text() for text in figure.texts] == ['one', 'note', 'two', '']
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ['a', 'b', 'c']


def test_more_classes_than_colors_differ_by_their_markers():
    labels = np.arange(20)
    figure = draw_embeddings([Embedding('', np.random.default_rng(0).random((20, 2)), labels)],
                             [str(label) for label in labels])
    looks = {(tuple(group.get_facecolor()[0]), group.get_paths()[0].vertices.tobytes())
             for group in figure.axes[0].collections}
    assert len(looks) == 20
