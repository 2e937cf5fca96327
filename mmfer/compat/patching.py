"""How host packages are changed without importing them early.

A change to a module that is not imported yet waits until it is, so that
``import mmfer`` itself stays cheap; a change to one that is takes effect at once.
"""
from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Patch = Callable[[ModuleType], None]
HOSTS = ('mmengine', 'mmcv', 'mmaction', 'mmpretrain')


class _AfterImport(MetaPathFinder):
    """Lets other finders find the awaited modules, and runs patches on them once loaded."""

    def __init__(self) -> None:
        self.pending: dict[str, list[Patch]] = {}

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in self.pending:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(fullname, path, target)
            if spec is not None:
                break
        else:
            return None
        loader = spec.loader
        if loader is None:
            return spec
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for patch in self.pending.pop(fullname, []):
                patch(module)

        loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


_FINDER = _AfterImport()


def after_import(name: str, patch: Patch) -> None:
    """Runs ``patch`` on the module ``name``: now if it is imported, else once it is."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    module = sys.modules.get(name)
    if module is not None and name not in _FINDER.pending:
        patch(module)
    else:
        _FINDER.pending.setdefault(name, []).append(patch)


def rebind(module: ModuleType, name: str, new: Any) -> None:
    """Puts ``new`` in the place of ``module.name``, also where hosts imported it by name."""
    old = getattr(module, name)
    setattr(module, name, new)
    for other_name, other in list(sys.modules.items()):
        if other_name.split('.')[0] in HOSTS and vars(other).get(name) is old:
            setattr(other, name, new)


def mentions(function: Callable[..., Any], text: str) -> bool:
    """Whether the source of a host's function holds ``text``, the mark of a defect or a fix."""
    return text in inspect.getsource(function)


class Overlay(ModuleType):
    """A module seen through another: some names replaced, all others passed on."""

    def __init__(self, module: ModuleType, **names: Any) -> None:
        super().__init__(module.__name__, module.__doc__)
        self.__dict__['_module'] = module
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__['_module'], name)
