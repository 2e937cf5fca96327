"""What a run took: seconds and memory, recorded by the run itself beside its predictions.

``run.json`` in the folder of the predictions holds the keys of :data:`KEYS`. Times are of the
wall clock, so runs that shared a machine with others took longer than they would alone.
"""
from __future__ import annotations

import platform
import sys
import time
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.errors import PredictionError
from mmfer.jsonfile import read_json, write_json

FILE = 'run.json'
KEYS = ('config_hash', 'split', 'seed', 'train_s', 'test_s', 'test_clips', 'peak_host_bytes',
        'peak_device_bytes', 'device', 'processes', 'threads')
_META = 'mmfer_train_s'


def peak_host_bytes() -> int | None:
    """Most memory that this process has held so far; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == 'darwin' else peak * 1024


class CostHook(Hook):
    """Measures a run: seconds of training (validation apart) and of the test, peak memory.

    The seconds of training travel in the checkpoints, so those of a resumed run are what its
    weights took; what a kill has lost does not count.
    """

    def __init__(self) -> None:
        self.train_s: float | None = None
        self.test_s: float | None = None
        self._before = 0.
        self._since: float | None = None

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes up the seconds of a run that is resumed."""
        if self.train_s is None and runner._resume:
            self._before = float((checkpoint.get('meta') or {}).get(_META, 0.))

    def before_train(self, runner: Runner) -> None:
        """Starts the clock."""
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()
        self._since = time.monotonic()

    def before_val(self, runner: Runner) -> None:
        """Stops the clock."""
        self._stop()

    def after_val(self, runner: Runner) -> None:
        """Starts it again."""
        self._since = time.monotonic()

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Writes the seconds so far into a checkpoint."""
        running = 0. if self._since is None else time.monotonic() - self._since
        checkpoint['meta'][_META] = self._before + running

    def after_train(self, runner: Runner) -> None:
        """Notes the seconds of training."""
        self._stop()
        self.train_s = self._before

    def before_test(self, runner: Runner) -> None:
        """Starts the clock of the test."""
        self._since = time.monotonic()

    def after_test(self, runner: Runner) -> None:
        """Notes the seconds of the test."""
        if self._since is not None:
            self.test_s = time.monotonic() - self._since

    def _stop(self) -> None:
        if self._since is not None:
            self._before += time.monotonic() - self._since
            self._since = None

    def costs(self, facts: dict[str, Any], test_clips: int) -> dict[str, Any]:
        """What was measured, of a run of these facts (see ``provenance``)."""
        cuda = torch.cuda.is_available()
        return {
            **{key: facts[key] for key in ('config_hash', 'split', 'seed')},
            'train_s': self.train_s, 'test_s': self.test_s, 'test_clips': test_clips,
            'peak_host_bytes': peak_host_bytes(),
            'peak_device_bytes': torch.cuda.max_memory_allocated() if cuda else None,
            'device': torch.cuda.get_device_name() if cuda else platform.machine(),
            'processes': get_world_size(), 'threads': torch.get_num_threads()}


def write_costs(predictions: str | Path, costs: dict[str, Any]) -> None:
    """Writes ``run.json`` beside a predictions file."""
    write_json(Path(predictions).parent / FILE, costs)


def read_costs(predictions: str | Path, metadata: dict[str, Any]) -> dict[str, Any] | None:
    """What the run took that wrote a predictions file, or None where that was not recorded.

    Args:
        predictions: The predictions file.
        metadata: Its metadata. A ``run.json`` of another run counts as none.
    """
    path = Path(predictions).parent / FILE
    if not path.is_file():
        return None
    costs = read_json(path, PredictionError)
    if not isinstance(costs, dict) or set(costs) != set(KEYS):
        raise PredictionError(f'{path}: not what a run writes of itself; remove it')
    same = all(costs[key] == metadata[key] for key in ('config_hash', 'split', 'seed'))
    return costs if same else None
