"""Extraction as tasks of a Ray cluster, which runs already.

Every node needs mmfer with the same versions, and input and output folders under the same
paths: a shared file system.
"""
from __future__ import annotations

import re
import socket
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from mmfer.errors import ConfigError, MMFERError
from mmfer.faces.extraction.job import ClipExtractor, Job, Outcome
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.workers import limit_threads
from mmfer.jsonfile import canonical_json

__all__ = ['extract_on_ray']

# tasks that wait at the cluster beside those that run, so that no core waits for this process
_QUEUED_SHARE = 2
_PLACE = re.compile(r'(?:ray://)?\[?([^/\]]+?)\]?:([0-9]{1,5})')
_PATIENCE_S = 10.


def extract_on_ray(job: Job, clips: Sequence[Clip], address: str,
                   gpus: float = 0.) -> Iterator[Outcome]:
    """Extracts clips as Ray tasks, and yields what became of each as it ends.

    Ray starts a task anew when its node is lost; the clip then goes on from its checkpoint.
    Closing the iterator cancels what is under way.

    Args:
        job: What to do.
        clips: In this order they are begun.
        address: Of the cluster, as :func:`ray.init` takes it; where this process is connected
            to one already, that one is used.
        gpus: Share of a GPU that each task takes.

    Raises:
        ConfigError: Ray is not installed, or there is no cluster at the address.
        MMFERError: No clip can be extracted, see :class:`ClipExtractor`.
    """
    try:
        import ray
    except ImportError as error:
        raise ConfigError("no module ray; run pip install 'mmfer[ray]'") from error
    if not ray.is_initialized():
        _connect(ray, address)
    task = ray.remote(num_cpus=1, num_gpus=gpus)(_extract)
    shared, waiting = ray.put(job), deque(clips)
    running: dict[Any, Clip] = {}
    try:
        while waiting or running:
            room = _QUEUED_SHARE * max(1, int(ray.cluster_resources().get('CPU', 1)))
            while waiting and len(running) < room:
                clip = waiting.popleft()
                running[task.remote(shared, clip)] = clip
            ended, _ = ray.wait(list(running))
            yield _outcome(ray, ended[0], running.pop(ended[0]))
    finally:
        for reference in running:
            ray.cancel(reference, force=True)


def _connect(ray: Any, address: str) -> None:
    try:
        place = _PLACE.fullmatch(address)
        if place:  # Ray itself would try for minutes
            socket.create_connection((place[1], int(place[2])), _PATIENCE_S).close()
        ray.init(address=address, log_to_driver=False)
    except (OSError, ValueError, RuntimeError) as error:
        raise ConfigError(f'--ray {address}: no cluster can be reached there ({error}); start '
                          'one with ray start --head') from error


def _outcome(ray: Any, reference: Any, clip: Clip) -> Outcome:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, MMFERError):
            raise error.cause from error
        raise
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.OutOfMemoryError,
            ray.exceptions.NodeDiedError) as error:
        reason = str(error).strip().splitlines() or ['']
        return Outcome(clip, error=f'{type(error).__name__}: {reason[0]}')


def _extract(job: Job, clip: Clip) -> Outcome:
    """The task: the same as a process of this machine does."""
    extractor = _extractor(canonical_json([job.out, job.settings, job.identity, job.imports]))
    return extractor(clip)


@lru_cache(maxsize=1)
def _extractor(job: str) -> ClipExtractor:
    """One to each process of Ray, which runs one task after the other."""
    import json
    limit_threads()
    out, settings, identity, imports = json.loads(job)
    return ClipExtractor(Job(out, settings, identity, tuple(imports)))
