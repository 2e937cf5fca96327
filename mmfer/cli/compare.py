"""Trains and tests several methods on one protocol, and prints them in one table.

The runs of each method are those of tools/cross_validate.py, in ``WORK_DIR/<config>``:
finished ones are taken as they are, half-done ones resumed. Every method is tested pairwise
against the first. With ``--cross-corpus`` one method is trained on each of several corpora and
tested on all of them (:mod:`mmfer.cli.cross_corpus`).
"""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mmfer.cli.common import add_cfg_options, reports_errors
from mmfer.cli.complexity import ClipCost, clip_cost
from mmfer.cli.costs import read_costs
from mmfer.cli.cross_corpus import (
    add_cross_corpus_arguments,
    check_cross_arguments,
    cross_corpus,
)
from mmfer.cli.executing import complete
from mmfer.cli.runs import Run, add_run_arguments, plan, raw_words
from mmfer.configuration import load_config
from mmfer.errors import ConfigError, PredictionError
from mmfer.evaluation import (
    Pool,
    compare,
    format_comparisons,
    pool_predictions,
    read_predictions,
    summarize,
    with_holm,
)
from mmfer.evaluation.report import denominator, format_score, table, warning_lines
from mmfer.evaluation.statistics import RESAMPLES
from mmfer.fileio import atomic_write

_MUST_AGREE = {'annotation_hash': 'annotation file', 'protocol_hash': 'protocol',
               'selection': 'protocol.selection'}
_MIB = 2**20


@dataclass(frozen=True)
class Method:
    """One row of the table.

    Attributes:
        name: Of its config.
        runs: Its runs, seed by seed.
        cost: What one clip of median length costs it in a test.
    """

    name: str
    runs: list[Run]
    cost: ClipCost


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='compare', description=__doc__)
    parser.add_argument('configs', nargs='+', metavar='CONFIG', help='config files; the others '
                        'are tested against the first')
    add_cfg_options(parser)
    parser.add_argument('--protocol', metavar='FILE',
                        help="protocol file for all; default: the configs' own, which must agree")
    parser.add_argument('--work-dir', default='work_dirs',
                        help='folder of the folders of the methods (default work_dirs)')
    add_run_arguments(parser)
    add_cross_corpus_arguments(parser)
    parser.add_argument('--json', metavar='FILE', help='also write all numbers to this file')
    parser.add_argument('--markdown', metavar='FILE', help='also write the tables to this file')
    parser.add_argument('--resamples', type=int, default=RESAMPLES,
                        help=f'of the bootstrap and the random swaps (default {RESAMPLES})')
    return parser


def plan_methods(args: argparse.Namespace) -> list[Method]:
    """All methods with their runs.

    Raises:
        ConfigError: A config is named twice, or annotation, protocol or selection differ.
    """
    names = [Path(config).stem for config in args.configs]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ConfigError(f"config '{name}' is named twice; rows and folders go by the name.")
    if args.protocol:
        if 'protocol.file' in args.cfg_options:
            raise ConfigError('protocol.file is set by --protocol and by --cfg-options.')
        args.cfg_options = {**args.cfg_options, 'protocol.file': args.protocol}
    methods = []
    for config, name in zip(args.configs, names, strict=True):
        given = argparse.Namespace(**{**vars(args), 'config': config,
                                      'work_dir': str(Path(args.work_dir) / name)})
        cost = clip_cost(load_config(config, args.cfg_options))
        methods.append(Method(name, plan(given), cost))
        first, own = methods[0].runs[0], methods[-1].runs[0]
        for key, what in _MUST_AGREE.items():
            if own.facts[key] != first.facts[key]:
                raise ConfigError(
                    f"'{config}' has another {what} than '{args.configs[0]}'; methods compare on "
                    'the same clips only. Set annotation and protocol of all by --cfg-options '
                    'and --protocol.')
    return methods


def pool(method: Method) -> Pool:
    """The predictions of all its runs."""
    return pool_predictions([read_predictions(run.predictions) for run in method.runs])


def check_comparable(pools: Sequence[Pool]) -> None:
    """Refuses to compare answers for clips with answers for frames.

    Raises:
        PredictionError: The message names two such methods.
    """
    kinds = {False: 'clips', True: 'frames'}
    first = pools[0]
    for other in pools[1:]:
        if other.per_frame != first.per_frame:
            raise PredictionError(
                f'{other.metadata["config_name"]} answers for {kinds[other.per_frame]}, '
                f'{first.metadata["config_name"]} for {kinds[first.per_frame]}; compare methods '
                'that answer for the same')


def spent(method: Method) -> dict[str, Any]:
    """What its runs took, None where not all of them recorded it.

    Returns:
        ``train_s``, mean of a run; ``test_s_per_clip``; ``peak_bytes``, the largest, and
        ``memory``, 'device' or 'host'; ``devices``, where they ran.
    """
    found = [read_costs(run.predictions, run.facts) for run in method.runs]
    known = [costs for costs in found if costs is not None and costs['train_s'] is not None]
    if len(known) < len(found):
        return dict.fromkeys(('train_s', 'test_s_per_clip', 'peak_bytes', 'memory', 'devices'))
    memory = 'host' if known[0]['peak_device_bytes'] is None else 'device'
    peaks = [costs[f'peak_{memory}_bytes'] for costs in known]
    return {
        'train_s': sum(costs['train_s'] for costs in known) / len(known),
        'test_s_per_clip': (sum(costs['test_s'] for costs in known)
                            / sum(costs['test_clips'] for costs in known)),
        'peak_bytes': None if None in peaks else max(peaks), 'memory': memory,
        'devices': sorted({costs['device'] for costs in known})}


def collect(methods: Sequence[Method], resamples: int = RESAMPLES) -> dict[str, Any]:
    """All numbers of finished methods.

    Returns:
        ``methods`` in order, each with ``name``, ``summary``, ``clip`` (what one costs) and
        ``spent``; ``comparisons`` of each but the first (A) against the first (B).

    Raises:
        PredictionError: The methods did not answer for the same clips.
    """
    pools = [pool(method) for method in methods]
    check_comparable(pools)
    comparisons = [compare(other, pools[0], resamples) for other in pools[1:]]
    entries = []
    for method, predictions in zip(methods, pools, strict=True):
        summary = summarize(predictions, resamples)
        entries.append({
            'name': method.name, 'summary': summary, 'clip': asdict(method.cost),
            'spent': spent(method)})
    return {'methods': entries, 'comparisons': with_holm(comparisons)}


def rows(result: dict[str, Any]) -> list[list[str]]:
    """Header and one row per method; columns that no method fills are left out."""
    found = [dict.fromkeys(entry['summary']['localization'] or ()) for entry in result['methods']]
    named = list(dict.fromkeys(name for names in found for name in names))
    header = ['method', 'WAR', 'UAR', 'parameters', 'GMACs', 'training', 'test', 'memory',
              *(name.replace('_', ' ') for name in named)]
    lines = [[
        entry['name'],
        *(format_score(entry['summary']['pooled']['scores'][name]) for name in ('WAR', 'UAR')),
        f'{entry["clip"]["complexity"]["parameters"]:,}',
        f'{entry["clip"]["complexity"]["macs"] / 1e9:.3f}',
        *_spent_cells(entry['spent']),
        *(_localization_cell((entry['summary']['localization'] or {}).get(name))
          for name in named),
    ] for entry in result['methods']]
    return [header, *lines]


def _spent_cells(costs: dict[str, Any]) -> list[str]:
    peak = costs['peak_bytes']
    return ['-' if costs['train_s'] is None else f'{costs["train_s"]:.0f} s',
            '-' if costs['test_s_per_clip'] is None else
            f'{1000 * costs["test_s_per_clip"]:.1f} ms',
            '-' if peak is None else f'{peak / _MIB:.0f} MiB']


def _localization_cell(entry: dict[str, Any] | None) -> str:
    return '-' if entry is None else f'{entry["value"]:.3f} ({entry["chance"]:.3f})'


def format_result(result: dict[str, Any], markdown: bool = False) -> str:
    """Everything as text."""
    first = result['methods'][0]
    summary, clip = first['summary'], first['clip']
    memory = {entry['spent']['memory'] for entry in result['methods']} - {None}
    devices = sorted({device for entry in result['methods']
                      for device in entry['spent']['devices'] or ()})
    of = denominator(summary['pooled'])
    notes = list(dict.fromkeys(note for entry in result['methods']
                               for note in entry['summary']['notes']))
    notes += [f'{entry["name"]}: {line}' for entry in result['methods']
              for line in warning_lines({**entry['summary'], 'splits': []})]
    lines = [
        f'{of}; {len(summary["splits"])} split(s), seed(s) '
        f'{", ".join(map(str, summary["seeds"]))}, whose scores are averaged.',
        *(f'**{note}**' if markdown else f'!! {note}' for note in notes), '',
        table(rows(result), markdown), '',
        f'WAR, UAR: [95% interval, bootstrap over {summary["pooled"]["unit"]}]. GMACs: '
        f'convolutions and matrix products of a test of one clip of {clip["clip_frames"]} frames. '
        'training: mean of a run; test: of a clip, with reading it; memory: the largest peak of a '
        f'run{" (" + ", ".join(sorted(memory)) + ")" if memory else ""}'
        f'{", on " + ", ".join(devices) if devices else ""}; - where a run did not record it. '
        'Localisation of attention: (chance).', '']
    if result['comparisons']:
        lines.append(format_comparisons(
            result['comparisons'], 'markdown' if markdown else 'text'))
    return '\n'.join(lines)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/compare.py``."""
    argv = sys.argv[1:] if argv is None else list(argv)
    args = build_parser().parse_args(argv)
    if args.resamples < 1:
        raise ConfigError('--resamples is at least 1.')
    check_cross_arguments(args)
    if args.cross_corpus:
        return cross_corpus(args, argv)
    methods = plan_methods(args)
    words = raw_words(argv) + ([f'protocol.file={args.protocol}'] if args.protocol else [])
    failed = complete([run for method in methods for run in method.runs], args, words)
    finished = [method for method in methods if not set(method.runs) & set(failed)]
    if failed:
        left_out = [method.name for method in methods if method not in finished]
        print(f'{len(failed)} runs failed; {", ".join(left_out)} left out. Run the same command '
              'again to repeat them.', file=sys.stderr)
    if not finished or finished[0] is not methods[0]:
        print(f'{methods[0].name}, which the others are tested against, is not there: no table.',
              file=sys.stderr)
        return 1
    result = collect(finished, args.resamples)
    print(format_result(result))
    for path, text in ((args.markdown, format_result(result, markdown=True)),
                       (args.json, json.dumps(result, indent=2, ensure_ascii=False))):
        if path is not None:
            with atomic_write(path) as temporary:
                temporary.write_text(text.rstrip('\n') + '\n', encoding='utf-8')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
