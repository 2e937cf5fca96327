import numpy as np
import pytest

from mmfer.evaluation.functional import SCORES, war
from mmfer.testing.simulated import SHARES, Population, draw_pair


@pytest.mark.parametrize('accuracy,correlation,clips', [(.5, .15, 6.), (.8, .3, 3.), (.95, 0., 1.)])
def test_studies_have_the_scores_they_are_said_to_have(accuracy, correlation, clips):
    population = Population(accuracy, correlation, clips)
    total = population.draw(200, 400, np.random.default_rng(0)).sum((0, 1))
    for score in SCORES.values():
        assert score(total) == pytest.approx(population.true_score(score), abs=.01)
    assert population.true_score(war) == pytest.approx(accuracy)
    np.testing.assert_allclose(total.sum(1) / total.sum(), SHARES, atol=.01)


def test_clips_of_a_subject_go_together():
    """The variance of a study's WAR is far above that of independent clips."""
    ratios = []
    for correlation in (0., .3):
        counts = Population(.6, correlation, 6.).draw(400, 50, np.random.default_rng(1))
        total = counts.sum(1)
        clips = total.sum((1, 2)).mean()
        ratios.append(war(total).var() / (.6 * .4 / clips))
    assert ratios[0] == pytest.approx(1, abs=.25) and ratios[1] > 2


def test_sizes():
    sizes = Population(.5, clips=6.).sizes(50, 50, np.random.default_rng(0))
    assert sizes.min() == 1 and sizes.max() == 20 and 4 < sizes.mean() < 6
    assert (Population(.5, clips=1.).sizes(2, 3, np.random.default_rng(0)) == 1).all()


def test_pairs_differ_by_the_gain():
    rng = np.random.default_rng(0)
    pairs = [draw_pair(Population(.6), 200, .1, .2, rng) for _ in range(60)]
    a, b = np.concatenate([pair.correct for pair in pairs], 1).mean(1)
    assert b == pytest.approx(.6, abs=.02) and a - b == pytest.approx(.1, abs=.02)
    assert pairs[0].units.count == 200
    assert len(pairs[0].units.index) == len(pairs[0].labels) == pairs[0].correct.shape[1]
