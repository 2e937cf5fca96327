"""How often paired tests find a difference between two methods, where there is none or one.

Clips of one subject go right or wrong together, and a method suits some people better than
others. McNemar's test, which takes clips for independent, then finds differences that are
not there; swapping whole subjects does not.

    python benchmarks/paired_test_level.py
"""
from __future__ import annotations

import argparse

import numpy as np

from mmfer.evaluation.rendering import table
from mmfer.evaluation.statistics import mcnemar, paired_test
from mmfer.testing.simulated import SHARES, Population, draw_pair


def rejection_rates(population: Population, subjects: int, gain: float, taste: float,
                    studies: int, resamples: int, seed: int) -> dict[str, float]:
    """Share of the studies in which each test has p <= 0.05."""
    rng = np.random.default_rng([seed, subjects, round(1000 * gain), round(1000 * taste)])
    found = dict.fromkeys(('permutation, WAR', 'permutation, UAR', 'McNemar'), 0)
    for number in range(studies):
        pair = draw_pair(population, subjects, gain, taste, rng)
        tests = paired_test(pair.labels, *pair.correct, pair.units, len(SHARES), resamples, number)
        found['permutation, WAR'] += tests['WAR'].p <= .05
        found['permutation, UAR'] += tests['UAR'].p <= .05
        found['McNemar'] += mcnemar(*pair.correct) <= .05
    return {name: count / studies for name, count in found.items()}


def main() -> None:
    """Simulates and prints one table, in percent."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--studies', type=int, default=2000, help='pairs of methods per row')
    parser.add_argument('--resamples', type=int, default=1000)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    rows = [['subjects', 'clips a subject', "methods' tastes", 'true difference',
             'permutation, WAR', 'permutation, UAR', 'McNemar']]
    for subjects, clips, taste, gain in ((100, 1, 0., 0.), (100, 6, 0., 0.), (100, 6, .15, 0.),
                                         (100, 6, .3, 0.), (20, 6, .3, 0.), (100, 6, .15, .05),
                                         (100, 6, .15, .1)):
        rates = rejection_rates(Population(.6, .15, clips), subjects, gain, taste, args.studies,
                                args.resamples, args.seed)
        rows.append([str(subjects), str(clips), f'{taste:.2f}', f'{gain:.2f}',
                     *(f'{100 * rate:.1f}' for rate in rates.values())])
    print(table(rows, markdown=True))
    print(f'Differences found (p <= 0.05), percent of {args.studies} pairs a row; '
          f'{args.resamples} random swaps.')


if __name__ == '__main__':
    main()
