"""What three ways of selecting a checkpoint give, from one training per split and seed."""
from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mmfer.cli.recording import COMPARED
from mmfer.cli.runs import Run, plan
from mmfer.configuration import load_config
from mmfer.configuration.corpora import divisions
from mmfer.errors import ConfigError
from mmfer.evaluation import (
    compare,
    format_comparisons,
    pool_predictions,
    read_predictions,
    summarize,
    with_holm,
)
from mmfer.evaluation.rendering import table
from mmfer.evaluation.report import denominator, format_score
from mmfer.evaluation.selection_record import chosen_in, result_path
from mmfer.evaluation.statistics import RESAMPLES
from mmfer.protocols import SELECTIONS, part_clips, read_protocol

GAPS = (('literature', 'inner'), ('literature', 'last'), ('inner', 'last'))
_ON_TEST = 'SELECTED ON THE TEST SET'
_TRAINED = '\n'.join((
    'One training per run, on the train part only: what differs is the choice of the epoch alone.',
    "protocol.selection='last' and 'literature' train on the selection part too, so their figures",
    'are others than last and literature here; inner is the same.'))


@dataclass(frozen=True, eq=False)
class SelectionsRun(Run):
    """A training of which each way of selecting has predictions."""

    @property
    def results(self) -> dict[Path, dict[str, Any]]:
        """One file for each way of selecting."""
        return {result_path(self.folder, selection): {**self.facts, 'selection': selection}
                for selection in SELECTIONS}

    @property
    def output(self) -> list[str]:
        """The words by which training writes the results."""
        return ['--compare-selection']


def plan_selections(args: argparse.Namespace) -> list[SelectionsRun]:
    """All runs that the arguments ask for, seed by seed.

    Raises:
        ConfigError: As :func:`mmfer.cli.runs.plan`; or the selection is set already.
        ProtocolError: A split does not exist, or has no selection part.
    """
    if 'protocol.selection' in args.cfg_options:
        raise ConfigError('--cfg-options protocol.selection: --compare-selection compares all.')
    options = {**args.cfg_options, 'protocol.selection': 'inner'}
    root = args.work_dir or str(Path('work_dirs') / f'{Path(args.config).stem}_compare-selection')
    runs = plan(argparse.Namespace(**{**vars(args), 'cfg_options': options, 'work_dir': root}))
    for run in runs:
        for file, split in divisions(load_config(
                args.config, {**options, 'protocol.split': run.split})):
            part_clips(read_protocol(file).split(split), 'validation', 'inner')
    return [SelectionsRun(run.seed, run.split, run.folder, {**run.facts, COMPARED: True},
                          run.config) for run in runs]


def collect(runs: Sequence[Run], resamples: int = RESAMPLES) -> dict[str, Any]:
    """All numbers of finished runs.

    Returns:
        ``selections``: the summary of each way; ``gaps``: paired tests of one (``a``)
        against another (``b``), with Holm's correction over all; ``score``: what epochs are
        chosen by; ``runs``: for each run its name and what was chosen.
    """
    files = {selection: [read_predictions(result_path(run.folder, selection)) for run in runs]
             for selection in SELECTIONS}
    pools = {selection: replace(pool_predictions(given), title=selection)
             for selection, given in files.items()}
    gaps = [compare(pools[a], pools[b], resamples) for a, b in GAPS]
    chosen = [{'run': f'seed {run.seed}, {run.split}',
               'chosen': {selection: chosen_in(files[selection][index].metadata)
                          for selection in SELECTIONS}}
              for index, run in enumerate(runs)]
    return {
        'selections': {selection: summarize(pool, resamples)
                       for selection, pool in pools.items()},
        'gaps': with_holm(gaps), 'score': files['last'][0].metadata['score'], 'runs': chosen}


def format_result(result: dict[str, Any]) -> str:
    """Everything as text."""
    summaries, score = result['selections'], result['score']
    pooled = summaries['inner']['pooled']
    metadata = summaries['inner']['metadata']
    header = ['selection', *pooled['scores']]
    rows = [[f'{selection}: {_ON_TEST}' if selection == 'literature' else selection,
             *(format_score(value) for value in summary['pooled']['scores'].values())]
            for selection, summary in summaries.items()]
    epochs = [[entry['run'], *(f'{choice.test:.3f} ({choice.name})'
                               for choice in entry['chosen'].values())]
              for entry in result['runs']]
    return '\n'.join([
        f'{metadata["config_name"]}; protocol {metadata["protocol_name"]}; '
        f'{len(summaries["inner"]["splits"])} split(s); seed(s) '
        f'{", ".join(map(str, summaries["inner"]["seeds"]))}',
        *(f'!! {note}' for note in summaries['inner']['notes']), '', _TRAINED, '',
        f'Pooled over {denominator(pooled)} [95% interval, bootstrap over {pooled["unit"]}]:', '',
        table([header, *rows]), '',
        f'{score} on the test part, of the epoch that each chose (literature: {_ON_TEST}):', '',
        table([['run', *SELECTIONS], *epochs]), '',
        format_comparisons(result['gaps'])])
