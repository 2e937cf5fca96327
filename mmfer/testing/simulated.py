"""Simulated answers with known true scores: do intervals cover, do tests keep their level?

Subjects have unequal numbers of clips, and the clips of a subject are right together more
often than chance: whether a clip is right hangs on a normal variable that is in part the
subject's.

Shape legend: N studies (test sets), G subjects, C classes, M clips.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit
from scipy.stats import norm

from mmfer.evaluation.units import Units

__all__ = ['PairedAnswers', 'Population', 'draw_pair']

SHARES = (.25, .2, .16, .13, .11, .09, .06)
"""Seven classes, the largest four times the smallest."""
_HARDER = np.array([.8, .4, 0., -.1, -.3, -.7, -.9])  # logits: larger classes are easier
_MOST_CLIPS = 20  # of a subject


@dataclass(frozen=True)
class Population:
    """Who could be tested, by which model.

    Attributes:
        accuracy: Its true WAR.
        correlation: Share of the subject in what makes a clip right, in [0, 1).
        clips: Mean number of clips of a subject before the few with more than 20 are cut;
            1 gives each subject one.
    """

    accuracy: float
    correlation: float = .15
    clips: float = 6.

    @cached_property
    def recall(self) -> NDArray[np.float64]:
        """(C,) true recall of each class."""
        shares = np.array(SHARES)
        shift = brentq(lambda x: shares @ expit(x + _HARDER) - self.accuracy, -20, 20)
        return expit(shift + _HARDER)

    @cached_property
    def _wrong(self) -> NDArray[np.float64]:
        """(C, C) which class a wrong answer names: the others, as often as they occur."""
        shares = np.tile(SHARES, (len(SHARES), 1))
        np.fill_diagonal(shares, 0)
        return shares / shares.sum(1, keepdims=True)

    def true_score(self, score: Callable[[ArrayLike], NDArray]) -> float:
        """A score of the whole population."""
        answers = np.diag(self.recall) + (1 - self.recall)[:, None] * self._wrong
        return float(score(np.array(SHARES)[:, None] * answers))

    def sizes(self, studies: int, subjects: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """(N, G) clips of each subject, 1 to 20."""
        if self.clips == 1:
            return np.ones((studies, subjects), np.int64)
        return np.minimum(rng.geometric(1 / self.clips, (studies, subjects)), _MOST_CLIPS)

    def draw(self, studies: int, subjects: int,
             rng: np.random.Generator) -> NDArray[np.int64]:
        """(N, G, C, C) confusion matrices of the subjects of independent studies."""
        classes, total = len(SHARES), studies * subjects
        unit = np.repeat(np.arange(total), self.sizes(studies, subjects, rng).ravel())
        labels = rng.choice(classes, unit.size, p=SHARES)
        common = rng.standard_normal(total)[unit] * self.correlation**.5
        own = rng.standard_normal(unit.size) * (1 - self.correlation)**.5
        right = common + own < norm.ppf(self.recall)[labels]
        named = (rng.random(unit.size)[:, None] > self._wrong.cumsum(1)[labels]).sum(1)
        given = np.where(right, labels, np.minimum(named, classes - 1))
        cells = (unit * classes + labels) * classes + given
        return np.bincount(cells, minlength=total * classes**2).reshape(
            studies, subjects, classes, classes)


@dataclass(frozen=True)
class PairedAnswers:
    """Two methods on the clips of one study.

    Attributes:
        labels: (M,) true classes.
        correct: (2, M) whether each method is right.
        units: Subject of each clip.
    """

    labels: NDArray[np.int64]
    correct: NDArray[np.bool_]
    units: Units


def draw_pair(population: Population, subjects: int, gain: float, taste: float,
              rng: np.random.Generator) -> PairedAnswers:
    """Answers of two methods of which A is better by ``gain``.

    Args:
        population: Of method B.
        subjects: G.
        gain: True WAR of A minus that of B; with 0 the two are interchangeable.
        taste: Share of what makes a clip right that belongs to a method and a subject: one
            method suits one person's clips, the other another's.
        rng: Generator.
    """
    unit = np.repeat(np.arange(subjects), population.sizes(1, subjects, rng)[0])
    labels = rng.choice(len(SHARES), unit.size, p=SHARES)
    rest = 1 - population.correlation - taste
    shared = rng.standard_normal(subjects)[unit] * population.correlation**.5
    clip = rng.standard_normal(unit.size) * (rest / 2)**.5
    liked = rng.standard_normal((2, subjects))[:, unit] * taste**.5
    own = rng.standard_normal((2, unit.size)) * (rest / 2)**.5
    better = Population(population.accuracy + gain)
    limits = norm.ppf(np.stack([better.recall, population.recall]))[:, labels]
    return PairedAnswers(labels, shared + clip + liked + own < limits,
                         Units(unit, subjects, 'subjects'))
