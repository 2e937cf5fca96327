"""What the model benchmarks share: interleaved timing, models, videos, a table."""
from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmfer.models import ExpressionRecognizer  # noqa: E402
from mmfer.testing import fill_parameters, make_batch  # noqa: E402

torch.set_num_threads(1)

# Sequence lengths like those of CK+: 6 to 71 frames, 18 on average; in no order
CKPLUS_LENGTHS = (18, 9, 31, 13, 11, 20, 6, 15, 71, 10, 14, 22, 12, 17, 8, 25, 10, 19, 13, 16)


def fan(channels_last: bool = False, frame_chunk: int = 64) -> ExpressionRecognizer:
    """FAN on ResNet-18 with fixed weights."""
    return fill_parameters(ExpressionRecognizer(
        backbone=dict(type='mmpretrain.ResNet', depth=18, out_indices=(3, )),
        neck=dict(type='FANNeck', in_channels=512, dropout=0.5),
        cls_head=dict(type='LinearHead', num_classes=7, in_channels=1024, dropout=0.6),
        frame_chunk=frame_chunk, channels_last=channels_last))  # type: ignore[return-value]


def videos(lengths: Sequence[int], size_px: int, seed: int = 0) -> dict[str, Any]:
    """A collated batch of random videos."""
    return make_batch(lengths, size_px, seed=seed)


def interleaved(runs: Mapping[str, Callable[[], object]], rounds: int,
                device: str = 'cpu') -> dict[str, list[float]]:
    """Seconds of each run, taken in turns so that load hits all alike.

    The order alternates; one round more goes before as a warm-up. On a CPU, with one
    thread, processor time is taken: that of other processes does not count.
    """
    clock = time.process_time if device == 'cpu' else time.perf_counter
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for round_ in range(rounds + 1):
        for name in list(runs)[::1 if round_ % 2 else -1]:
            _wait(device)
            start = clock()
            runs[name]()
            _wait(device)
            if round_:
                seconds[name].append(clock() - start)
    return seconds


def ratio(first: Sequence[float], second: Sequence[float]) -> float:
    """Median over the rounds of first / second: neighbours in time share what disturbs them."""
    return statistics.median(a / b for a, b in zip(first, second))


def row(name: str, seconds: Sequence[float], frames: int, reference: Sequence[float],
        goal: str = '') -> list[str]:
    """A line of the table: time, rate, and the ratio to a reference."""
    median = statistics.median(seconds)
    return [name, f'{1e3 * median:.1f}', f'{frames / median:.1f}',
            f'{ratio(seconds, reference):.3f}', goal]


HEADER = ('', 'ms', 'frames/s', 'time ratio', 'goal')


def _wait(device: str) -> None:
    if device != 'cpu':
        torch.cuda.synchronize()


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Prints one table with aligned columns."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
