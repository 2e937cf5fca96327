"""How often the 95% intervals hold the true score, over many simulated test sets.

A test set has unequal numbers of clips per subject, clips of one subject that go right or
wrong together, and seven classes of unequal size (mmfer.testing.simulated). The percentile
interval of the same resamples stands beside.

    python benchmarks/interval_coverage.py
    python benchmarks/interval_coverage.py --subjects 100 --correlation 0 --clips 1
"""
from __future__ import annotations

import argparse
import sys

import numpy as np

from mmfer.evaluation.functional import SCORES
from mmfer.evaluation.rendering import table
from mmfer.evaluation.statistics import LEVEL, resample_units, score_intervals
from mmfer.testing.simulated import Population

HEADER = ['subjects', 'accuracy', 'score', 'true', 'covered', 'too high', 'too low', 'width',
          'percentile']
DEFAULT = [(subjects, accuracy) for subjects in (100, 200) for accuracy in (.5, .65, .8)]
OUTSIDE = [(10, .65), (20, .65), (30, .65), (100, .95), (100, .98)]


def percentile_intervals(counts: np.ndarray, resamples: int) -> dict[str, np.ndarray]:
    """The plain percentile interval of each score, low and high end."""
    units, *shape = counts.shape
    sums = np.concatenate([drawn @ counts.reshape(units, -1)
                           for drawn in resample_units(units, resamples, 0)])
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    return {name: np.quantile(score(sums.reshape(-1, *shape)), ends)
            for name, score in SCORES.items()}


def coverage_rows(population: Population, subjects: int, studies: int, resamples: int,
                  seed: int) -> list[list[str]]:
    """One row per score of :data:`HEADER`."""
    rng = np.random.default_rng([seed, subjects, round(1000 * population.accuracy)])
    true = {name: population.true_score(score) for name, score in SCORES.items()}
    ends: dict[str, list[tuple[float, float]]] = {name: [] for name in SCORES}
    plain = dict.fromkeys(SCORES, 0)
    for counts in population.draw(studies, subjects, rng).astype(np.float64):
        found, percentiles = (score_intervals(counts[None], SCORES, resamples),
                              percentile_intervals(counts, resamples))
        for name, value in true.items():
            interval, (low, high) = found[name], percentiles[name]
            assert interval is not None
            ends[name].append(interval)
            plain[name] += int(low <= value <= high)
    rows = []
    for name, value in true.items():
        low, high = np.array(ends[name]).T
        share = float(np.mean((low <= value) & (value <= high)))
        error = (share * (1 - share) / studies)**.5
        rows.append([str(subjects), f'{population.accuracy:.2f}', name, f'{value:.3f}',
                     f'{100 * share:.1f} +- {100 * error:.1f}', f'{100 * np.mean(low > value):.1f}',
                     f'{100 * np.mean(high < value):.1f}', f'{np.mean(high - low):.3f}',
                     f'{100 * plain[name] / studies:.1f}'])
    return rows


def main() -> None:
    """Simulates and prints one table, in percent."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--studies', type=int, default=2000, help='test sets per row')
    parser.add_argument('--resamples', type=int, default=1000)
    parser.add_argument('--subjects', type=int, nargs='+', help='instead of the default rows')
    parser.add_argument('--accuracies', type=float, nargs='+', default=[.5, .65, .8],
                        help='with --subjects')
    parser.add_argument('--correlation', type=float, default=.15, help="the subject's share")
    parser.add_argument('--clips', type=float, default=6, help='mean per subject; 1: each one')
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    cells = DEFAULT + OUTSIDE if args.subjects is None else [
        (subjects, accuracy) for subjects in args.subjects for accuracy in args.accuracies]
    rows = [HEADER]
    for number, (subjects, accuracy) in enumerate(cells, 1):
        print(f'{number} of {len(cells)}', file=sys.stderr, flush=True)
        rows += coverage_rows(Population(accuracy, args.correlation, args.clips), subjects,
                              args.studies, args.resamples, args.seed)
    print(table(rows, markdown=True))
    print(f'{args.studies} test sets a row, {args.resamples} resamples, correlation '
          f'{args.correlation}, {args.clips:g} clips a subject; covered in percent +- its '
          'standard error.')


if __name__ == '__main__':
    main()
