"""Running commands of the project in processes of their own, logged to a file."""
from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmfer.errors import MMFERError


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
