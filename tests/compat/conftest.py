import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def host(tmp_path):
    """Runs Python text in a fresh process, with mmfer or (mended=False) the bare hosts."""
    def run(text, mended=True, **environment):
        program = ('import mmfer\n' if mended else '') + text
        return subprocess.run(
            [sys.executable, '-W', 'error::DeprecationWarning:__main__', '-c', program],
            cwd=tmp_path, capture_output=True, text=True,
            env={**os.environ, 'PYTHONPATH': str(ROOT), 'OMP_NUM_THREADS': '1', **environment})
    return run
