"""Finding modules, packages and configs that the hosts no longer find."""
from __future__ import annotations

import importlib.metadata
import importlib.util
import os.path as osp
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

from mmfer.compat.patching import Overlay, mentions, rebind


class _DRNFinder(MetaPathFinder, Loader):
    """Gives the missing modules; it stands last, so real ones are found before it."""

    package = 'mmaction.models.localizers.drn'

    def find_spec(self, fullname: str, path: Sequence[str] | None,
                  target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname not in (self.package, f'{self.package}.drn'):
            return None
        return ModuleSpec(fullname, self, is_package=fullname == self.package)

    def create_module(self, spec: ModuleSpec) -> None:
        """Leaves the making of the module to Python."""

    def exec_module(self, module: ModuleType) -> None:
        def refuse(self: object, *args: object, **kwargs: object) -> None:
            raise ImportError('DRN is missing from the wheel of mmaction2 1.2.0 '
                              '(mmaction2#2714); install mmaction2 from source to use it.')
        module.DRN = type('DRN', (), {'__init__': refuse})  # type: ignore[attr-defined]


def missing_drn() -> None:
    """``import mmaction.models`` fails: the wheel of 1.2.0 lacks ``localizers.drn``.

    Report: mmaction2#2714. A stand-in takes its place, whose one class refuses to be
    built. Where the real module exists it is found first.
    """
    sys.meta_path.append(_DRNFinder())


def package_lookup(module: ModuleType) -> None:
    """``_base_ = 'package::...'`` needs ``pkg_resources``, which setuptools 82 has no more.

    ``is_installed``, ``get_installed_path`` and ``package2module`` ask the standard library
    instead, which also knows editable installations. Skipped where the host does not use
    pkg_resources.
    """
    if not mentions(module.get_installed_path, 'pkg_resources'):
        return

    def package2module(package: str) -> str:
        distribution = importlib.metadata.distribution(package)
        listed = (distribution.read_text('top_level.txt') or '').split()
        if not listed:
            listed = [name for name, owners in importlib.metadata.packages_distributions().items()
                      if distribution.metadata['Name'] in owners]
        if not listed:
            raise ValueError(f'can not infer the module name of {package}')
        return listed[0]

    def get_installed_path(package: str) -> str:
        spec = importlib.util.find_spec(package)
        if spec is None:
            spec = importlib.util.find_spec(package2module(package))
        if spec is None or spec.origin is None:
            raise RuntimeError(f'{package} is a namespace package, or has no module.')
        return osp.dirname(spec.origin)

    def is_installed(package: str) -> bool:
        try:
            importlib.metadata.distribution(package)
        except importlib.metadata.PackageNotFoundError:
            spec = importlib.util.find_spec(package)
            return spec is not None and spec.origin is not None
        return True

    rebind(module, 'package2module', package2module)
    rebind(module, 'get_installed_path', get_installed_path)
    rebind(module, 'is_installed', is_installed)


def config_inheritance(module: ModuleType) -> None:
    """``_base_ = 'mmfer::...'`` is refused: only packages on MMEngine's own list are known.

    Report: mmengine#1410. A source checkout or editable installation, which has no
    ``mmfer/.mim``, uses the ``configs`` folder beside the package. Skipped where the host
    knows mmfer, and for packages that have ``.mim``.
    """
    module.MODULE2PACKAGE.setdefault('mmfer', 'mmfer')
    host_metainfo = module._get_cfg_metainfo
    host_base_path = module._get_external_cfg_base_path

    def metainfo(package_path: str, cfg_path: str) -> dict:
        if not osp.exists(osp.join(package_path, '.mim')):
            raise ValueError(f'{package_path} has no model index')  # the caller tries the path
        return host_metainfo(package_path, cfg_path)

    def base_path(package_path: str, cfg_name: str) -> str:
        beside = osp.join(osp.dirname(package_path), 'configs', cfg_name)
        if not osp.exists(osp.join(package_path, '.mim')) and osp.exists(beside):
            return beside
        return host_base_path(package_path, cfg_name)

    rebind(module, '_get_cfg_metainfo', metainfo)
    rebind(module, '_get_external_cfg_base_path', base_path)


NUMPY_1_USERS = ('mmaction.datasets.transforms.pose_transforms', 'mmaction.utils.misc',
            'mmaction.evaluation.functional.accuracy',
            'mmaction.evaluation.metrics.multimodal_metric',
            'mmpretrain.evaluation.metrics.retrieval')


def numpy_names(module: ModuleType) -> None:
    """MMAction2 and MMPretrain use names that NumPy 2 has dropped: Inf, in1d, trapz.

    They are given to these modules alone. Skipped for the names that NumPy still has.
    """
    import numpy as np
    dropped = dict(Inf=np.inf, in1d=np.isin, trapz=getattr(np, 'trapezoid', None))
    names = {name: value for name, value in dropped.items() if name not in vars(np)}
    if names and getattr(module, 'np', None) is np:
        module.np = Overlay(np, **names)  # type: ignore[attr-defined]
