"""Training steps of FAN on a CPU: channels-last layout and bfloat16 against the plain step.

Each with a model of its own, in turns:

    python benchmarks/channels_last_amp.py
"""
from __future__ import annotations

import argparse
from collections.abc import Callable

from common import HEADER, fan, interleaved, row, table, videos
from training_step import wrapper


def step(channels_last: bool, amp: bool, batch: dict) -> Callable[[], object]:
    """A training step with a model of its own."""
    model = fan(channels_last).train()
    optimizer = wrapper(model, amp)
    return lambda: model.train_step(dict(batch), optimizer)


def main() -> None:
    """Measures and prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--videos', type=int, default=4)
    parser.add_argument('--frames', type=int, default=3, help='per video')
    parser.add_argument('--size', type=int, default=112, help='side of a frame, pixels')
    parser.add_argument('--rounds', type=int, default=10)
    args = parser.parse_args()
    batch = videos([args.frames] * args.videos, args.size)
    runs = {
        'plain': step(False, False, batch),
        'channels-last': step(True, False, batch),
        '--amp': step(False, True, batch),
        'channels-last, --amp': step(True, True, batch),
    }
    seconds = interleaved(runs, args.rounds)
    count = args.videos * args.frames
    table(HEADER[:-1], [row(name, seconds[name], count, seconds['plain'])[:-1] for name in runs])


if __name__ == '__main__':
    main()
