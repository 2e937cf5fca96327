"""Files of weights: where packages keep them, and what identifies one."""
from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from mmfer.errors import DetectorError

__all__ = ['file_sha256', 'import_package', 'package_version', 'packaged_file']


def import_package(module: str, install: str) -> ModuleType:
    """An optional package, imported.

    Args:
        module: Its name in Python.
        install: What pip is told to install, ``'mmfer[faces]'``.

    Raises:
        DetectorError: It is not installed, or is broken.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise DetectorError(f'the package {module} cannot be imported ({error}); run pip install '
                            f'"{install}"') from error


def package_version(distribution: str) -> str:
    """Version of an installed distribution, as pip shows it.

    Raises:
        DetectorError: It is not installed.
    """
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise DetectorError(f'the package {distribution} is not installed') from error


def packaged_file(module: str, *parts: str, extra: str) -> Path:
    """A data file inside an installed package, which is not imported.

    Args:
        module: Name of the package in Python.
        parts: Path below its folder.
        extra: The extra of mmfer that installs it.

    Raises:
        DetectorError: The package or the file is missing.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise DetectorError(f'the package {module} is not installed; run pip install '
                            f'"mmfer[{extra}]"')
    path = Path(spec.submodule_search_locations[0], *parts)
    if not path.is_file():
        raise DetectorError(f'{path} is missing from the package {module}; install it again: '
                            f'pip install --force-reinstall --no-deps {module.replace("_", "-")}')
    return path


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, computed once per process as long as the file stays."""
    stat = path.stat()
    return _sha256(path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=64)
def _sha256(path: Path, size: int, modified_ns: int) -> str:
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()
