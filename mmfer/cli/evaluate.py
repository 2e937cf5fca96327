"""Recomputes all numbers from prediction files; no model and no data are needed.

Files of one config are pooled; several methods are each tested pairwise against the first.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, Literal

from mmfer.cli.breakdown import (
    add_breakdown_arguments,
    breakdown,
    breakdown_text,
    check_breakdown,
)
from mmfer.cli.common import reports_errors
from mmfer.cli.methods import load_methods
from mmfer.errors import PredictionError
from mmfer.evaluation import (
    compare,
    format_comparisons,
    format_summary,
    summarize,
    with_holm,
)
from mmfer.evaluation.rendering import Form
from mmfer.evaluation.statistics import RESAMPLES
from mmfer.evaluation.tidy import format_csv
from mmfer.jsonfile import write_json


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(prog='evaluate', description=__doc__)
    parser.add_argument('predictions', nargs='+', metavar='[NAME=]PREDICTIONS',
                        help='predictions.parquet files, or folders to search for them. Those of '
                        'one config, or of one NAME, are one method; of several, each is tested '
                        'against the first (p-values after Holm where there are more than two)')
    parser.add_argument('--json', metavar='OUT', help='also write all numbers to this file')
    form = parser.add_mutually_exclusive_group()
    form.add_argument('--markdown', dest='form', action='store_const', const='markdown',
                      default='text', help='print Markdown tables')
    form.add_argument('--latex', dest='form', action='store_const', const='latex',
                      help='print LaTeX tables, which need the package booktabs')
    form.add_argument('--csv', dest='form', action='store_const', const='csv',
                      help='print one table of comma-separated values, one number a row')
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
    if args.seed < 0:
        parser.error('--seed must not be negative')
    return args


def evaluate(args: argparse.Namespace) -> dict[str, Any]:
    """All numbers that the arguments ask for: summaries and comparisons.

    Raises:
        PredictionError: One corpus is asked for, and no file is of several.
    """
    first, *others = pools = load_methods(args.predictions, args.corpus)
    if args.corpus and not any(pool.metadata.get('corpora') for pool in pools):
        raise PredictionError(f'--corpus {args.corpus}: none of the files is of several corpora')
    options = {'resamples': args.resamples, 'seed': args.seed}
    comparisons = [compare(other, first, **options) for other in others]
    return {'summaries': [{**summarize(pool, **options), **breakdown(args, pool)}
                          for pool in pools],
            'comparisons': with_holm(comparisons)}


def format_result(result: dict[str, Any], form: Form | Literal['csv'] = 'text') -> str:
    """Everything as text, Markdown, LaTeX or CSV."""
    if form == 'csv':
        return format_csv(result['summaries'], result['comparisons'])
    text = ''.join(format_summary(summary, form) + breakdown_text(summary, form)
                   for summary in result['summaries'])
    if result['comparisons']:
        text += format_comparisons(result['comparisons'], form)
    return text


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/evaluate.py``."""
    args = parse_args(argv)
    result = evaluate(args)
    print(format_result(result, args.form), end='')
    if args.json:
        write_json(args.json, result)
    return 0


if __name__ == '__main__':
    sys.exit(main())
