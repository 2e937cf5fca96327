"""Extraction in several processes of this machine.

A pool of its own, because a decoder or detector may bring down its process: that must cost the
clip it was at and nothing else, where :class:`concurrent.futures.ProcessPoolExecutor` gives up
all that is still to be done.
"""
from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait

from mmfer.errors import DetectorError, MMFERError
from mmfer.faces.extraction.job import ClipExtractor, Job, Outcome
from mmfer.faces.extraction.plan import Clip

__all__ = ['default_workers', 'extract_in_processes', 'visible_device']

Watch = Callable[[Clip, int, 'int | None'], None]
"""Called with a clip, the number of its frames just worked on, and of all it has."""
_TELL_EVERY_S = 0.5
_SPAWN = multiprocessing.get_context('spawn')
_THREADS = ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS',
            'OPENCV_FOR_THREADS_NUM')


def extract_in_processes(job: Job, clips: Sequence[Clip], workers: int,
                         watch: Watch) -> Iterator[Outcome]:
    """Extracts clips side by side, and yields what became of each as it ends.

    Each process builds its detector once and uses one thread. Closing the iterator, or an
    exception in it, ends them; so does the end of this process, however it comes.

    Args:
        job: What to do.
        clips: In this order they are begun.
        workers: Number of processes.
        watch: Told of progress.

    Raises:
        MMFERError: No clip can be extracted: the detector cannot be built, or the output
            folder cannot be written.
    """
    waiting = list(reversed(clips))
    team: list[_Worker] = []
    try:
        for number in range(min(workers, len(clips))):
            team.append(_Worker(job, number))
        while waiting or any(worker.clip for worker in team):
            ready = wait([worker.connection for worker in team])
            for worker in [worker for worker in team if worker.connection in ready]:
                outcome = worker.hear(watch)
                if outcome is not None:
                    yield outcome
                if worker.is_dead:
                    team.remove(worker)
                    if waiting:
                        team.append(_Worker(job, worker.number))
                elif worker.is_idle and waiting:
                    worker.give(waiting.pop())
                elif worker.is_idle:
                    worker.end()
                    team.remove(worker)
    finally:
        for worker in team:
            worker.end()


def default_workers(device: str, cores: int) -> int:
    """Number of processes that a detector is best run in.

    Each has networks and batches of its own, so on GPUs more than one for each would run out of
    memory; and one keeps a GPU busy.

    Args:
        device: Where the detector computes.
        cores: That this process may use.
    """
    if device == 'cpu':
        return cores
    import torch
    return max(1, torch.cuda.device_count()) if device == 'cuda' else 1


def visible_device(number: int, visible: str | None, count: int) -> str | None:
    """The ``CUDA_VISIBLE_DEVICES`` of a worker, so that all devices are used evenly.

    Args:
        number: Of the worker, from 0.
        visible: The variable's value in this process.
        count: Number of devices that this process sees.

    Returns:
        None where there is no choice.
    """
    if count < 2:
        return None
    names = visible.split(',') if visible else [str(device) for device in range(count)]
    return names[number % count].strip()


class _Worker:
    """One process, seen from the one that started it."""

    def __init__(self, job: Job, number: int) -> None:
        self.number = number
        self.clip: Clip | None = None
        self.is_idle = self.is_dead = False
        self._begun = False
        self.connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(theirs, job), daemon=True)
        with _environment(number, job.device), _holding_interrupts():
            self._process.start()
        theirs.close()  # or the end of the process would not be heard

    def give(self, clip: Clip) -> None:
        """Has a clip extracted."""
        self.clip, self.is_idle = clip, False
        with contextlib.suppress(OSError):  # it has just died, which is heard next
            self.connection.send(clip)

    def hear(self, watch: Watch) -> Outcome | None:
        """Takes one message; what became of the clip, where it says so."""
        try:
            kind, content = self.connection.recv()
        except (EOFError, OSError):
            return self._died()
        if kind == 'fatal':
            raise content
        if kind == 'frames':
            if self.clip is not None:
                watch(self.clip, *content)
            return None
        self._begun = self.is_idle = True
        self.clip = None
        return content

    def _died(self) -> Outcome | None:
        self._process.join()
        code = self._process.exitcode or 0
        how = (f'was ended by signal {-code} ({signal.strsignal(-code)})' if code < 0 else
               f'ended with status {code}')
        if not self._begun:
            raise DetectorError(f'a process that extracts faces {how} before it had built its '
                                'detector; run with --workers 0 to see why')
        self.is_dead = True
        self.connection.close()
        if self.clip is None:
            return None
        return Outcome(self.clip, error=f'the process that worked on it {how}; where memory ran '
                                        'out, run again with fewer --workers')

    def end(self) -> None:
        """Ends the process, which loses nothing that is on disk."""
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection, job: Job) -> None:
    """What a worker does: builds its detector, then extracts what it is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started it decides
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        limit_threads()
        extractor = ClipExtractor(job)
        connection.send(('ready', None))
        while True:
            clip, teller = connection.recv(), _Teller(connection)
            outcome = extractor(clip, teller)
            teller.tell()
            connection.send(('done', outcome))
    except EOFError:
        return
    except MMFERError as error:
        connection.send(('fatal', error))


class _Teller:
    """Tells of frames, not more often than somebody can read it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._frames = 0
        self._total: int | None = None
        self._last = time.monotonic()

    def __call__(self, frames: int, total: int | None) -> None:
        self._frames, self._total = self._frames + frames, total
        if time.monotonic() - self._last >= _TELL_EVERY_S:
            self.tell()

    def tell(self) -> None:
        """Tells of frames that were not told of."""
        if self._frames:
            self._connection.send(('frames', (self._frames, self._total)))
        self._frames, self._last = 0, time.monotonic()


def limit_threads() -> None:
    """One thread for this process: there is a process for every core."""
    import cv2
    import torch
    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextlib.contextmanager
def _environment(number: int, device: str) -> Iterator[None]:
    """The variables that a worker inherits, whose detector computes on this device."""
    import torch
    before = dict(os.environ)
    os.environ.update({name: '1' for name in _THREADS})
    visible = visible_device(number, before.get('CUDA_VISIBLE_DEVICES'), torch.cuda.device_count())
    if visible is not None and ':' not in device:  # a device's number is among all of them
        os.environ['CUDA_VISIBLE_DEVICES'] = visible
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _holding_interrupts() -> Iterator[None]:
    """A process that is started in the body never gets the terminal's interrupt.

    It is this one's to end it, and a report of where each stopped helps nobody. This one gets
    the interrupt when the body is left.
    """
    if not hasattr(signal, 'pthread_sigmask'):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
