"""Runs the splits of a protocol, for one or more seeds, and pools their predictions.

Each run trains and tests in ``WORK_DIR/seed<S>/<split>``. Finished runs are skipped,
half-done ones resumed; a failing one is reported with its log while the others go on.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmfer.cli.common import add_config_arguments, reports_errors
from mmfer.cli.compare_selection import collect, format_result, plan_selections
from mmfer.cli.executing import complete
from mmfer.cli.runs import Run, add_run_arguments, plan, raw_words
from mmfer.evaluation import format_summary, pool_predictions, read_predictions, summarize


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='cross_validate', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--work-dir', help='default: work_dirs/<config>, with '
                        '--compare-selection work_dirs/<config>_compare-selection')
    parser.add_argument('--compare-selection', action='store_true',
                        help='train on the train part only, score selection and test part at '
                             'every validation, and print what choosing the last epoch, the '
                             'best on the selection part and the best on the test part gives')
    add_run_arguments(parser)
    return parser


def report(runs: Sequence[Run], compare_selection: bool) -> str:
    """What is printed of finished runs."""
    if compare_selection:
        return format_result(collect(runs))
    return format_summary(summarize(pool_predictions(
        [read_predictions(run.predictions) for run in runs])))


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/cross_validate.py``."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = build_parser().parse_args(argv)
    runs = plan_selections(args) if args.compare_selection else plan(args)
    failed = complete(runs, args, raw_words(argv))
    if not failed:
        print(report(runs, args.compare_selection))
        return 0
    print(f'{len(failed)} of {len(runs)} runs failed; nothing is pooled until all are '
          'there. Run the same command again to repeat those.', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
