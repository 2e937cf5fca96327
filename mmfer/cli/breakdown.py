"""What ``tools/evaluate.py`` adds to the scores on request: slices and calibration."""
from __future__ import annotations

import argparse
from typing import Any

from mmfer.annotations import read_annotations
from mmfer.evaluation import Pool
from mmfer.evaluation.calibration import BINNINGS, BINS
from mmfer.evaluation.calibration_summary import calibration_summary, format_calibration
from mmfer.evaluation.rendering import Form
from mmfer.evaluation.slice_summary import format_slices, slice_summary
from mmfer.evaluation.slices import COMPUTED, QUANTILES, parse_column


def add_breakdown_arguments(parser: argparse.ArgumentParser) -> None:
    """``--by``, ``--annotations``, ``--bins``; ``--calibration`` and its bins."""
    parser.add_argument('--by', nargs='+', default=[], metavar='COLUMN[=EDGES]',
                        help='also score slices of the test set: by any column of the annotation, '
                        f'and by {" and ".join(COMPUTED)}; age=18,30,60 cuts at these values')
    parser.add_argument('--annotations', metavar='FILE',
                        help='annotation file that the predictions were made with; for --by')
    parser.add_argument('--bins', type=int,
                        help='quantiles at which --by cuts columns of many numbers (default '
                        f'{QUANTILES})')
    parser.add_argument('--calibration', action='store_true',
                        help='also print how far the probabilities of the answers can be believed')
    parser.add_argument('--confidence-bins', type=int, metavar='BINS',
                        help=f'bins of --calibration (default {BINS})')
    parser.add_argument('--binning', choices=BINNINGS,
                        help='bins of --calibration of equal width or of equal mass (default '
                        f'{BINNINGS[0]})')


def check_breakdown(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    """Ends the command where an option has no use, or a number makes no sense."""
    if bool(args.by) != bool(args.annotations):
        parser.error('--by and --annotations go together')
    if args.form == 'csv' and (args.by or args.calibration):
        parser.error('--csv holds scores and comparisons; --by and --calibration go with --json')
    if args.bins is not None and not args.by:
        parser.error('--bins is for --by')
    for name in ('confidence_bins', 'binning'):
        if getattr(args, name) is not None and not args.calibration:
            parser.error(f'--{name.replace("_", "-")} is for --calibration')
    for name, least in (('bins', 2), ('confidence_bins', 1)):
        if getattr(args, name) is not None and getattr(args, name) < least:
            parser.error(f'--{name.replace("_", "-")} must be at least {least}')


def breakdown(args: argparse.Namespace, pool: Pool) -> dict[str, Any]:
    """``slices``, a list with one summary for each column, and ``calibration``, where asked for.

    Raises:
        PredictionError: The predictions were made with another annotation file, or hold no
            probabilities.
        AnnotationError: The annotation file is malformed, or has no such column.
    """
    result: dict[str, Any] = {}
    options = {'resamples': args.resamples, 'seed': args.seed}
    if args.by:
        annotations = read_annotations(args.annotations)
        columns = [parse_column(text, annotations) for text in args.by]
        result['slices'] = [
            slice_summary(pool, annotations, column, args.bins or QUANTILES, edges, **options)
            for column, edges in columns]
    if args.calibration:
        result['calibration'] = calibration_summary(
            pool, args.confidence_bins or BINS, args.binning or BINNINGS[0], **options)
    return result


def breakdown_text(summary: dict[str, Any], form: Form = 'text') -> str:
    """The tables of what :func:`breakdown` added to a summary."""
    text = ''.join(format_slices(part, form) for part in summary.get('slices', ()))
    if 'calibration' in summary:
        text += format_calibration(summary['calibration'], form)
    return text
