"""An extraction from its inputs to its merged ledger, whatever runs the clips."""
from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mmfer.errors import ConfigError, LedgerError, MMFERError
from mmfer.faces.extraction.cluster import extract_on_ray
from mmfer.faces.extraction.job import ClipExtractor, Job, Outcome
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.locking import sole_use
from mmfer.faces.extraction.merging import forget_failure, note_failure
from mmfer.faces.extraction.names import check_names_beside, name_problem
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.status import State, clip_state
from mmfer.faces.extraction.workers import Watch, extract_in_processes

__all__ = ['Means', 'Survey', 'execute', 'survey']

_REPLACED: dict[State, str] = {
    'changed': '{path} is not the input any more that {crops} was made from; extract it anew with '
               '--overwrite, or into another folder (--out)',
    'unusable': '{ledger} is damaged, or of other settings, so nobody can tell how {crops} was '
                'made; extract the clip anew with --overwrite'}
"""Why clips in these states are not extracted again without being told so."""


@dataclass(frozen=True)
class Means:
    """What runs the clips.

    Attributes:
        workers: Processes of this machine; 0: this process.
        ray: Address of a Ray cluster, used instead.
        ray_gpus: Share of a GPU that a task of Ray takes.
    """

    workers: int = 1
    ray: str | None = None
    ray_gpus: float = 0.


@dataclass(frozen=True)
class Survey:
    """How far clips are.

    Attributes:
        states: State by clip.
        failures: Clips that cannot be extracted as things are.
    """

    states: dict[Clip, State]
    failures: list[Outcome]

    @property
    def todo(self) -> list[Clip]:
        """Clips to extract, the largest first, so that none of them is left to the end."""
        left = [clip for clip, state in self.states.items() if state != 'done']
        return sorted(left, key=lambda clip: (-clip.size, clip.name))

    def counts(self) -> Counter[State]:
        """Number of clips in each state."""
        return Counter(self.states.values())


def survey(clips: Sequence[Clip], layout: Layout, settings_hash: str, overwrite: bool) -> Survey:
    """Finds out how far clips are, without changing anything.

    A clip that is finished, but whose input is another one since, is a failure unless
    ``overwrite``: its crops may be in use. So is one whose ledger cannot tell what its input was.

    Raises:
        ConfigError: A clip's crops would lie among those of a finished one, or around them.
    """
    check_names_beside(clips, layout)
    states: dict[Clip, State] = {}
    failures = []
    for clip in clips:
        try:
            problem = name_problem(clip.name)
            if problem:
                raise ConfigError(f'{clip.path}: {problem}')
            state = clip_state(clip, layout, settings_hash)
            if state in _REPLACED and not overwrite:
                raise LedgerError(_REPLACED[state].format(
                    path=clip.path, crops=layout.crops(clip.name),
                    ledger=layout.ledger(clip.name)))
            states[clip] = state
        except (MMFERError, OSError) as error:
            failures.append(Outcome(clip, error=f'{type(error).__name__}: {error}'))
    return Survey(states, failures)


def execute(job: Job, found: Survey, means: Means, watch: Watch,
            tell: Callable[[Outcome], None]) -> list[Outcome]:
    """Extracts what a survey found to do; returns the clips that failed, with those it found.

    Args:
        job: What to do.
        found: The survey.
        means: What runs the clips.
        watch: Told of frames, where the means tell.
        tell: Told what became of each clip, when it ends.

    Raises:
        MMFERError: No clip can be extracted.
    """
    layout = Layout(Path(job.out))
    for clip, state in found.states.items():
        if state == 'done':
            forget_failure(layout, clip.name)
            _remove_work(layout.unfinished(clip.name))
    failures = list(found.failures)
    for outcome in failures:
        note_failure(layout, outcome)
    with closing(_outcomes(job, found.todo, means, watch)) as outcomes:
        for outcome in outcomes:
            if outcome.error is None:
                forget_failure(layout, outcome.clip.name)
            else:
                note_failure(layout, outcome)
                failures.append(outcome)
            tell(outcome)
    return sorted(failures, key=lambda outcome: outcome.clip.name)


def _remove_work(folder: Path) -> None:
    """Removes what a process that was killed as it ended left of a clip that is finished."""
    if folder.is_dir():
        with suppress(LedgerError), sole_use(folder, patience_s=0.):  # of one that is ending now
            shutil.rmtree(folder)


def _outcomes(job: Job, clips: Sequence[Clip], means: Means,
              watch: Watch) -> Generator[Outcome, None, None]:
    if not clips:
        return
    if means.ray is not None:
        yield from extract_on_ray(job, clips, means.ray, means.ray_gpus)
    elif means.workers:
        yield from extract_in_processes(job, clips, means.workers, watch)
    else:
        extractor = ClipExtractor(job)
        for clip in clips:
            yield extractor(clip, partial(watch, clip))
