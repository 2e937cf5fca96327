"""Tests of finished runs on corpora that they were not trained on, in processes of their own."""
from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmfer.annotations import Annotations
from mmfer.cli.runs import Run
from mmfer.cli.subprocesses import Children, ending_children, environment, sole_use, tail
from mmfer.errors import MMFERError, PredictionError
from mmfer.evaluation import read_predictions


@dataclass(frozen=True, eq=False)  # each is itself, also in sets
class Corpus:
    """A column of the table.

    Attributes:
        name: Of the file that describes it.
        annotations: Its annotation file.
        root: Folder of its media.
        protocol: Protocol file.
        split: The split that its description names.
    """

    name: str
    annotations: Annotations
    root: str
    protocol: str
    split: str | None

    def settings(self, split: str | None) -> dict[str, Any]:
        """What a config says of it."""
        return {'annotation': {'file': str(self.annotations.path), 'root': self.root},
                'protocol': {'file': self.protocol, 'split': split}}


@dataclass(frozen=True, eq=False)  # each is itself, also in sets
class CrossTest:
    """One test of a finished run on another corpus."""

    run: Run
    corpus: Corpus

    @property
    def predictions(self) -> Path:
        """The file that says that it is finished."""
        return self.run.folder / f'on_{self.corpus.name}.parquet'

    def checkpoint(self) -> Path:
        """The checkpoint that the run selected.

        Raises:
            PredictionError: It is gone.
        """
        path = Path(read_predictions(self.run.predictions).metadata['checkpoint'] or '')
        if not path.is_file():
            raise PredictionError(f'{self.run.predictions} was made by {path}, which is gone; put '
                                  'it back, or train again with --overwrite')
        return path

    def is_finished(self, checkpoint: Path) -> bool:
        """Whether answers of this very checkpoint for this very corpus exist."""
        path = self.predictions
        if not path.is_file() or path.stat().st_mtime < checkpoint.stat().st_mtime:
            return False
        metadata = read_predictions(path).metadata
        trained = metadata.get('trained_on') or {}
        return (metadata['annotation_hash'] == self.corpus.annotations.hash
                and metadata['checkpoint'] == str(checkpoint)
                and all(trained.get(key) == self.run.facts[key]
                        for key in ('annotation_hash', 'protocol_hash')))

    def command(self, checkpoint: Path, raw_options: Sequence[str]) -> list[str]:
        """Its command."""
        return [sys.executable, '-m', 'mmfer.cli.test', self.run.config, str(checkpoint),
                '--on', str(self.corpus.annotations.path), '--on-root', self.corpus.root,
                '--dump', str(self.predictions), '--work-dir', str(self.run.folder / 'on'),
                '--cfg-options', f'protocol.split={self.run.split}', *raw_options]


def complete_tests(tests: Sequence[CrossTest], jobs: int, raw_options: Sequence[str]) -> None:
    """Executes the tests that are not finished, ``jobs`` at a time.

    Raises:
        MMFERError: A test failed; the message has the end of its log.
    """
    with contextlib.ExitStack() as stack:
        for root in sorted({test.run.root for test in tests}):
            stack.enter_context(sole_use(root))
        checkpoints = {test: test.checkpoint() for test in tests}
        left = [test for test in tests if not test.is_finished(checkpoints[test])]
        print(f'{len(tests)} tests on other corpora, {len(tests) - len(left)} of them finished '
              'before', flush=True)
        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        children = stack.enter_context(ending_children())
        done = pool.map(lambda test: _execute(
            test, test.command(checkpoints[test], raw_options), children, jobs), left)
        for count, test in enumerate(done, 1):
            print(f'[{count}/{len(left)}] {test.run.name}, on {test.corpus.name}: done', flush=True)


def _execute(test: CrossTest, command: list[str], children: Children, jobs: int) -> CrossTest:
    log = test.run.folder / f'on_{test.corpus.name}.txt'
    with open(log, 'w', encoding='utf-8') as file:
        status = children.run(command, stdout=file, stderr=subprocess.STDOUT,
                              env=environment(jobs))
    if status:
        end = '\n'.join(f'    | {line}' for line in tail(log))
        raise MMFERError(f'{test.run.name}, on {test.corpus.name}: failed; {log} ends:\n{end}')
    return test
