"""Curves and epoch times from the JSON logs (``vis_data/scalars.json``) of training runs."""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmfer.cli.common import reports_errors
from mmfer.errors import ConfigError
from mmfer.fileio import atomic_write

Records = list[dict[str, Any]]


def find_log(path: Path) -> Path:
    """The newest JSON log of a working directory, or ``path`` itself if it is a file.

    Raises:
        ConfigError: There is none.
    """
    if path.is_file():
        return path
    found = sorted(path.glob('*/vis_data/scalars.json'))
    if not found:
        raise ConfigError(f"'{path}' holds no log (*/vis_data/scalars.json): give the working "
                          'directory of a run, or the file.')
    return found[-1]


def read_log(path: Path) -> Records:
    """The records of a JSON log, one per line; a line cut short by a kill is left out.

    Raises:
        ConfigError: A line before the last is not JSON, or there is none.
    """
    lines = path.read_text(encoding='utf-8').splitlines()
    records = []
    for number, line in enumerate(lines, 1):
        try:
            records.append(json.loads(line))
        except ValueError:
            if number < len(lines):
                raise ConfigError(f'{path}, line {number}: not JSON; is this scalars.json of a '
                                  'run?') from None
    if not records:
        raise ConfigError(f'{path} is empty: the run has logged nothing yet.')
    return records


def series(records: Records, key: str) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of one logged number, (n,) each.

    Raises:
        ConfigError: It was never logged.
    """
    pairs = [(r.get('step', 0), r[key]) for r in records if key in r]
    if not pairs:
        known = sorted({k for r in records for k in r} - {'step', 'epoch', 'iter'})
        raise ConfigError(f"'{key}' was never logged; there are {', '.join(known)}.")
    steps, values = zip(*pairs)
    return np.array(steps, float), np.array(values, float)


def epoch_times(records: Records) -> dict[int, float]:
    """Mean seconds per iteration in each training epoch."""
    times: dict[int, list[float]] = {}
    for record in records:
        if 'time' in record and 'lr' in record:
            times.setdefault(int(record.get('epoch', 0)), []).append(record['time'])
    return {epoch: float(np.mean(values)) for epoch, values in sorted(times.items())}


def plot(runs: dict[str, Records], keys: Sequence[str], out: str) -> None:
    """Draws each of ``keys`` over the steps, one line per run, to a PNG, SVG or PDF."""
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(len(keys), 1, figsize=(7, 2.8 * len(keys)), squeeze=False)
    for axis, key in zip(axes[:, 0], keys):
        for name, records in runs.items():
            axis.plot(*series(records, key), label=name)
        axis.set(xlabel='step', ylabel=key)
        axis.grid(alpha=0.3)
        axis.legend(fontsize='small')
    figure.tight_layout()
    with atomic_write(out) as temporary:
        figure.savefig(temporary, format=Path(out).suffix[1:] or 'png', dpi=120)
    pyplot.close(figure)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/analyze_logs.py``."""
    parser = argparse.ArgumentParser(prog='analyze_logs', description=__doc__)
    parser.add_argument('runs', nargs='+', help='working directories or JSON logs')
    parser.add_argument('--keys', nargs='+', default=['loss'], help='what to show')
    parser.add_argument('--out', help='plot to this file (png, svg, pdf)')
    args = parser.parse_args(argv)
    runs = {path: read_log(find_log(Path(path))) for path in args.runs}
    for name, records in runs.items():
        print(name)
        for key in args.keys:
            steps, values = series(records, key)
            print(f'  {key}: first {values[0]:.4g}, last {values[-1]:.4g}, least '
                  f'{values.min():.4g}, greatest {values.max():.4g} (step {steps[-1]:g})')
        times = epoch_times(records)
        if times:
            slowest, fastest = max(times, key=times.__getitem__), min(times, key=times.__getitem__)
            print(f'  seconds per iteration: mean {np.mean(list(times.values())):.3f}, slowest '
                  f'epoch {slowest} {times[slowest]:.3f}, fastest epoch {fastest} '
                  f'{times[fastest]:.3f}')
    if args.out:
        plot(runs, args.keys, args.out)
        print(f'wrote {args.out}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
