"""Running commands of the project in processes of their own, logged to a file."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmfer.errors import ConfigError, MMFERError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def words(options: Mapping[str, Any]) -> list[str]:
    """``--cfg-options`` words of options."""
    return [f'{key}={value}' for key, value in options.items()]


def environment(processes: int = 1) -> dict[str, str]:
    """The environment of one of ``processes`` that share the cores, with this path."""
    result = dict(os.environ)
    result['PYTHONPATH'] = os.pathsep.join(path or os.getcwd() for path in sys.path)
    result.setdefault('OMP_NUM_THREADS', str(max(1, cores() // processes)))
    # threads that spin while they wait take the cores from data workers and other runs
    result.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    return result


class Children:
    """Processes that end with this one.

    Each leads a group of its own, so that what it has started (workers of a data loader,
    ranks of a run) is reached too. Threads may start children side by side.
    """

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self._ended = False

    @property
    def ended(self) -> bool:
        """Whether :meth:`end` was called; nothing is started any more."""
        return self._ended

    def run(self, command: Sequence[str], **options: Any) -> int:
        """Exit status of a command; -SIGTERM, unstarted, once the children were ended.

        Args:
            command: Its words.
            **options: Of :class:`subprocess.Popen`.
        """
        with self._lock:
            if self._ended:
                return -signal.SIGTERM
            process = subprocess.Popen(command, start_new_session=True, **options)
            self._running.add(process)
        status = process.wait()  # where this is interrupted, the child is left to end()
        with self._lock:
            self._running.discard(process)
        return status

    def end(self, patience_s: float = 40.) -> None:
        """Asks all running children to end, and makes those that have not after a while."""
        with self._lock:
            self._ended = True
            running = list(self._running)
        for process in running:
            _signal_group(process, signal.SIGTERM)
        until = time.monotonic() + patience_s
        for process in running:
            try:
                process.wait(max(0., until - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, getattr(signal, 'SIGKILL', signal.SIGTERM))
                process.wait()


def _signal_group(process: subprocess.Popen, number: int) -> None:
    """Signals a child and what it has started; a child that is gone is no error."""
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, 'killpg'):
            os.killpg(process.pid, number)
        else:  # Windows has no groups
            process.terminate()


@contextlib.contextmanager
def ending_children() -> Iterator[Children]:
    """Children that end when the body is left: done, failed, interrupted or terminated.

    In the main thread SIGTERM raises SystemExit(143) in the body, as SIGINT raises
    KeyboardInterrupt.
    """
    def stop(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    children = Children()
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if main else None
    try:
        yield children
    finally:
        children.end()
        if main:
            signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def sole_use(folder: Path) -> Iterator[tuple[int, ...]]:
    """Keeps a folder to this process, and to children that inherit the descriptor.

    The lock is the system's: it goes with the last process that holds it, however that ends.
    Where the system has no such locks, nothing is kept.

    Args:
        folder: Made where it is missing.

    Yields:
        What children inherit it by: :class:`subprocess.Popen`'s ``pass_fds``.

    Raises:
        ConfigError: Another process has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / '.lock'
    with open(path, 'a+', encoding='utf-8') as file:
        if fcntl is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ConfigError(
                    f"'{folder}' is in use by process {path.read_text(encoding='utf-8')}, or by "
                    'runs that it has left behind: wait for it, end it, or work in another '
                    'folder.') from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield () if fcntl is None else (file.fileno(), )


def tail(path: Path, lines: int = 3) -> list[str]:
    """The last lines of a log."""
    return path.read_text(encoding='utf-8', errors='replace').splitlines()[-lines:]


def call(module_and_arguments: Sequence[str], log: Path,
         watch: Callable[[str], None] | None = None) -> None:
    """Runs ``python -m MODULE ...``, appending what it prints to ``log``.

    Args:
        module_and_arguments: The module and its arguments.
        log: The file.
        watch: Called with every line.

    Raises:
        MMFERError: The command failed; the message has the end of the log.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, '-m', *module_and_arguments]
    with open(log, 'a', encoding='utf-8') as file, subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            encoding='utf-8', errors='replace', env=environment()) as process:
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            file.flush()
            if watch is not None:
                watch(line)
    if process.returncode:
        end = '\n'.join(f'    | {line}' for line in tail(log))
        raise MMFERError(f'{module_and_arguments[0]} failed; {log} ends:\n{end}')
