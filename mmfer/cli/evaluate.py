"""Recomputes all numbers from prediction files; no model and no data are needed."""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from mmfer.cli.breakdown import (
    add_breakdown_arguments,
    breakdown,
    breakdown_text,
    check_breakdown,
)
from mmfer.cli.common import reports_errors
from mmfer.evaluation import (
    Pool,
    compare,
    find_predictions,
    format_comparisons,
    format_summary,
    pool_predictions,
    read_predictions,
    summarize,
)
from mmfer.evaluation.corpora import of_corpus
from mmfer.evaluation.statistics import RESAMPLES, holm
from mmfer.fileio import atomic_write


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog='evaluate', description=__doc__)
    parser.add_argument('predictions', nargs='+', metavar='PREDICTIONS',
                        help='predictions.parquet files, or folders to search for them')
    parser.add_argument('--against', nargs='+', action='append', default=[], metavar='FILE',
                        help='files or folders of a rival method, tested pairwise on the same '
                        'clips; repeat the option for further rivals (p-values are then also '
                        'given after Holm)')
    parser.add_argument('--json', metavar='OUT', help='also write all numbers to this file')
    parser.add_argument('--markdown', action='store_true', help='print Markdown tables')
    parser.add_argument('--resamples', type=int, default=RESAMPLES,
                        help=f'of the bootstrap and the random swaps (default {RESAMPLES})')
    parser.add_argument('--seed', type=int, default=0,
                        help='of the resamples; equal seeds give equal numbers (default 0)')
    add_breakdown_arguments(parser)
    parser.add_argument('--corpus', metavar='NAME',
                        help='of several corpora the clips of this one only')
    args = parser.parse_args(argv)
    check_breakdown(parser, args)
    if args.resamples < 1:
        parser.error('--resamples must be at least 1')
    return args


def load_pool(paths: Sequence[str], corpus: str | None = None) -> Pool:
    """Reads and pools the prediction files in files and folders; of one corpus where named."""
    files = [read_predictions(path) for path in find_predictions(paths)]
    return pool_predictions(files if corpus is None else
                            [of_corpus(file, corpus) for file in files])


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """All numbers that the arguments ask for: summaries and comparisons."""
    pools = [load_pool(paths, args.corpus) for paths in (args.predictions, *args.against)]
    options = {'resamples': args.resamples, 'seed': args.seed}
    comparisons = [compare(pools[0], rival, **options) for rival in pools[1:]]
    return {'summaries': [{**summarize(pool, **options), **breakdown(args, pool)}
                          for pool in pools],
            'comparisons': with_holm(comparisons)}


def with_holm(comparisons: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Comparisons with ``p_holm`` added to each of their tests, over all of them."""
    for name in ('WAR', 'UAR'):
        adjusted = holm([entry[name]['p'] for entry in comparisons])
        for entry, p in zip(comparisons, adjusted, strict=True):
            entry[name]['p_holm'] = float(p)
    return list(comparisons)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/evaluate.py``."""
    args = parse_args(argv)
    result = evaluate(args)
    for summary in result['summaries']:
        for text in (format_summary(summary, args.markdown),
                     *breakdown_text(summary, args.markdown)):
            print(text)
    if result['comparisons']:
        print(format_comparisons(result['comparisons'], args.markdown))
    if args.json:
        with atomic_write(args.json) as temporary:
            temporary.write_text(json.dumps(result, indent=2, ensure_ascii=False) + '\n',
                                 encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
