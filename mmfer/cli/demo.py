"""FAN from nothing to figures, on synthetic faces: one command, a few minutes on a CPU.

Writes a synthetic CK+, prepares it, trains on one fold, tests on its unseen subjects, and
draws two figures. Finished steps are skipped, so an interrupted demo goes on where it was.
"""
from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mmfer
from mmfer.cli import plot, prepare, runs, subprocesses
from mmfer.cli.common import add_cfg_options, reports_errors
from mmfer.cli.provenance import provenance
from mmfer.configuration import load_config
from mmfer.errors import MMFERError
from mmfer.evaluation import format_summary, pool_predictions, read_predictions, summarize
from mmfer.fileio import atomic_write
from mmfer.synthetic import write_ckplus

CONFIG = 'fan/fan_r18_demo.py'
STEPS = 6
FIRST_FRAME_EPOCHS = 10
_EPOCH = re.compile(r'Epoch\(train\) +\[(\d+)\]\[ *(\d+)/(\d+)\].*?loss: ([\d.]+)')


def config_path(name: str) -> Path:
    """A config of the project, in a checkout or in an installed package."""
    package = Path(mmfer.__file__).resolve().parent
    for folder in (package.parent / 'configs', package / '.mim' / 'configs'):
        if (folder / name).is_file():
            return folder / name
    raise MMFERError(f'{name} is neither in {package.parent}/configs nor in the package; '
                     'install mmfer again.')


class Steps:
    """Announces the steps, and how much time has passed."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.number = 0

    def begin(self, what: str) -> None:
        """The next step."""
        self.number += 1
        print(f'[{self.number}/{STEPS}] {self.passed():4.0f} s  {what}', flush=True)

    def passed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started


def show_inline(text: str) -> None:
    """Overwrites the current line of a terminal; in a log, prints a line."""
    if sys.stdout.isatty():
        print(f'\r      {text:<70}', end='', flush=True)
    else:
        print(f'      {text}', flush=True)


class FrameProgress:
    """Prints the rendering's progress about ten times."""

    def __init__(self) -> None:
        self.next = 0.1

    def __call__(self, done: int, total: int) -> None:
        """Notes that ``done`` of ``total`` frames are there."""
        if done >= self.next * total:
            self.next = done / total + 0.1
            show_inline(f'{done} of {total} frames')
            if done == total and sys.stdout.isatty():
                print()


class TrainProgress:
    """Turns the training's log lines into one short line per few epochs."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs
        self.every = max(1, epochs // 10)

    def __call__(self, line: str) -> None:
        """Looks at one line of the log."""
        found = _EPOCH.search(line)
        if found and found[2] == found[3] and int(found[1]) % self.every == 0:
            show_inline(f'epoch {int(found[1])} of {self.epochs}, loss {float(found[4]):.3f}')
            if int(found[1]) == self.epochs and sys.stdout.isatty():
                print()


def data_options(out: Path) -> dict[str, Any]:
    """Options that point the config at the demo's folder."""
    return {'annotation.file': str(out / 'data' / 'annotations.json'),
            'annotation.root': str(out / 'data' / 'CK+'),
            'protocol.file': str(out / 'data' / 'protocol_10fold.json')}


def run_demo(out: Path, seed: int, subjects: int | None, options: dict[str, Any]) -> None:
    """All steps; see the module's description."""
    steps = Steps()
    config = config_path(CONFIG)
    options = {**data_options(out), **options}
    steps.begin('writing a synthetic CK+ (593 sequences)' if subjects is None else
                f'writing a synthetic CK+ of {subjects} subjects')
    write_ckplus(out / 'data' / 'CK+', subjects=subjects, progress=FrameProgress(),
                 workers=subprocesses.cores())
    steps.begin('preparing it: annotation file and protocols')
    if prepare.main(['ckplus', '--root', str(out / 'data' / 'CK+'), '--out', str(out / 'data'),
                     '--no-verify']):
        raise MMFERError('the synthetic corpus could not be prepared; see above.')

    main_run = planned(config, options, seed, out / 'run')
    cfg = load_config(config, options, seed=seed)
    steps.begin(f'training {cfg.train_cfg.max_epochs} epochs on {main_run.split}, then testing '
                f'(log: {main_run.log})')
    if not runs.is_finished(main_run):
        train(config, options, main_run, TrainProgress(cfg.train_cfg.max_epochs))
    checkpoint = read_predictions(main_run.predictions).metadata['checkpoint']
    first_options = {**options, **first_frame_options(cfg.train_cfg.max_epochs)}
    first_run = planned(config, first_options, seed, out / 'first_frames')
    steps.begin('training and testing the same on the first, neutral frame of each sequence alone')
    if not runs.is_finished(first_run):
        train(config, first_options, first_run,
              TrainProgress(first_options['train_cfg.max_epochs']))

    steps.begin('computing scores')
    report, text = scores(main_run, first_run)
    with atomic_write(out / 'scores.txt') as temporary:
        temporary.write_text(report, encoding='utf-8')
    steps.begin('drawing figures')
    for figure in ('attention', 'confusion'):
        if plot.main([figure, str(main_run.predictions), '--out', str(out / 'figures')]):
            raise MMFERError(f'the figure {figure} could not be drawn; see above.')
    print(f'\n{text}')
    print(f'Checkpoint   {checkpoint}\nPredictions  {main_run.predictions}\n'
          f'Scores       {out / "scores.txt"}\nFigures      {out / "figures"}\n'
          f'Done in {steps.passed():.0f} s.')


def first_frame_options(epochs: int) -> dict[str, Any]:
    """Options for a model that sees neutral faces only, and so can learn no expression.

    Should anything else give the label away, such as the person, the light or the colour,
    it would beat the largest class. A few epochs suffice to learn what the classes' shares
    are, which is all that there should be; more would only learn people by heart.
    """
    epochs = min(epochs, FIRST_FRAME_EPOCHS)
    return {'train_dataloader.dataset.first_frames': 1,
            'test_dataloader.dataset.first_frames': 1,
            'train_cfg.max_epochs': epochs, 'param_scheduler.0.T_max': epochs}


def planned(config: Path, options: dict[str, Any], seed: int,
            folder: Path) -> runs.Run:
    """The run of one config, seed and the config's split in a folder."""
    cfg = load_config(config, options, seed=seed)
    return runs.Run(seed, cfg.protocol.split, folder, provenance(cfg), str(config))


def train(config: Path, options: dict[str, Any], run: runs.Run,
          progress: TrainProgress) -> None:
    """Trains and tests in a process of its own."""
    subprocesses.call(
        ['mmfer.cli.train', str(config), '--work-dir', str(run.folder), '--resume', '--seed',
         str(run.seed), '--dump', str(run.predictions), '--cfg-options',
         *subprocesses.words(options)], run.log, progress)


def scores(main_run: runs.Run, first_run: runs.Run) -> tuple[str, str]:
    """The whole report, and the few lines that the demo ends with."""
    summary = summarize(pool_predictions([read_predictions(main_run.predictions)]))
    first = summarize(pool_predictions([read_predictions(first_run.predictions)]))
    clips = [entry['clips'] for entry in summary['pooled']['recall']]
    war, blind = (s['pooled']['scores']['WAR'] for s in (summary, first))
    last_half = summary['localization']['last_half_mass']['value']
    text = (
        f'Test WAR on unseen subjects      {_interval(war)} of {sum(clips)} clips\n'
        f'  by a model of first frames     {_interval(blind)}; the largest class has '
        f'{max(clips) / sum(clips):.3f}\n'
        f'Attention in the last half       {last_half:.3f} (uniform weights: 0.500)\n')
    return f'{format_summary(summary)}\n{text}', text


def _interval(score: dict[str, Any]) -> str:
    low, high = score['interval'] or (float('nan'), float('nan'))
    return f'{score["value"]:.3f} [{low:.3f}, {high:.3f}]'


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/demo.py``."""
    parser = argparse.ArgumentParser(prog='demo', description=__doc__)
    parser.add_argument('--out', type=Path, default=Path('demo/out'), help='folder of results')
    parser.add_argument('--seed', type=int, default=0, help='seed of the training')
    parser.add_argument('--subjects', type=int,
                        help="write a smaller corpus; default: CK+'s 123 subjects")
    add_cfg_options(parser)
    args = parser.parse_args(argv)
    run_demo(args.out, args.seed, args.subjects, args.cfg_options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
