"""Fixtures and settings for all tests."""
import os
from pathlib import Path

# Tests are many small jobs: more threads than cores only get in each other's way. To be set
# before NumPy, OpenCV or torch are imported, and inherited by the tools that tests start.
for name in ('OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS',
             'OPENCV_FOR_THREADS_NUM'):
    os.environ.setdefault(name, '1')
os.environ.setdefault('MPLBACKEND', 'agg')

import pytest
from mmengine.registry import DefaultScope

import mmfer  # noqa: F401  # mends the host packages for every test

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def same_default_scope():
    """Undoes what a runner or a tool called in a test sets for the whole process."""
    before = DefaultScope._instance_dict.copy()
    yield
    DefaultScope._instance_dict = before


@pytest.fixture(scope='session')
def shared_data() -> Path:
    """Real faces and videos, kept beside the project where there are any."""
    folder = ROOT.parent / 'shared' / 'data'
    if not folder.is_dir():
        pytest.skip(f'no real data at {folder}')
    return folder


@pytest.fixture(scope='session')
def tiny_ckplus(tmp_path_factory) -> Path:
    """A synthetic CK+ of 20 subjects at 32 px, prepared.

    The folder holds CK+/, annotations.json, protocol_10fold.json and protocol_random80.json.
    """
    from mmfer.cli import prepare
    from mmfer.synthetic import write_ckplus
    folder = tmp_path_factory.mktemp('ckplus')
    write_ckplus(folder / 'CK+', subjects=20, size_px=32, max_frames=8)
    assert prepare.main(['ckplus', '--root', str(folder / 'CK+'), '--out', str(folder)]) == 0
    return folder
