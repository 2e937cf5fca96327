import importlib.util
from pathlib import Path

import pytest
from mmengine.config import Config

import mmfer
from mmfer.compat import apply

ROOT = Path(__file__).resolve().parents[2]


def test_import_is_cheap(host):
    done = host('import sys; print([m for m in ("torch", "mmcv", "mmaction") if m in sys.modules])')
    assert done.stdout.strip() == '[]', done.stderr


def test_apply_twice_changes_nothing():
    from mmengine.runner import Runner, checkpoint
    before = vars(Runner).copy(), vars(checkpoint).copy()
    apply()
    mmfer.compat.apply()
    assert (vars(Runner).copy(), vars(checkpoint).copy()) == before


@pytest.mark.slow
@pytest.mark.parametrize('order', ['mmfer', 'hosts'])
def test_hosts_import_in_any_order(host, order):
    text = ('import mmaction.models, mmaction.datasets, mmaction.evaluation, mmpretrain.models\n'
            'from mmaction.models.localizers import DRN\n'
            'try:\n DRN()\nexcept ImportError as e:\n print(e)')
    if order == 'hosts':
        text = f'import mmengine.runner, mmengine.config, mmfer\n{text}'
    done = host(text, mended=order == 'mmfer')
    assert done.returncode == 0, done.stderr
    assert 'mmaction2#2714' in done.stdout


def test_mmaction_models_import():
    from mmaction.models.localizers import DRN
    with pytest.raises(ImportError, match='mmaction2#2714'):
        DRN()


@pytest.mark.slow
def test_bare_mmaction_does_not_import(host):
    root = Path(importlib.util.find_spec('mmaction').origin).parent
    if (root / 'models/localizers/drn').exists():
        pytest.skip('this mmaction2 has its localizers.drn')
    if host('import torchvision', mended=False).returncode:
        pytest.skip('this torchvision fits another torch, and fails before mmaction2 does')
    done = host('import mmaction.models', mended=False)
    assert 'mmaction.models.localizers.drn' in done.stderr


def inherit(folder, base):
    (folder / 'c.py').write_text(f"_base_ = '{base}'")
    return Config.fromfile(folder / 'c.py')


@pytest.mark.parametrize('package', ['mmaction', 'mmpretrain'])
def test_configs_of_packages_are_inherited(tmp_path, package):
    config = inherit(tmp_path, f'{package}::_base_/default_runtime.py')
    assert config.default_hooks.checkpoint.type == 'CheckpointHook'


def test_own_configs_are_inherited_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert inherit(tmp_path, 'mmfer::_base_/default_runtime.py').default_scope == 'mmfer'


@pytest.mark.parametrize(('base', 'message'), [
    ('mmaction::_base_/default_runtime.py', 'pkg_resources'),
    ('mmfer::_base_/default_runtime.py', 'does not support to load mmfer')])
def test_bare_host_inherits_neither(host, tmp_path, base, message):
    if message == 'pkg_resources' and importlib.util.find_spec('pkg_resources'):
        pytest.skip('this setuptools still has pkg_resources')
    (tmp_path / 'c.py').write_text(f"_base_ = '{base}'")
    done = host('from mmengine.config import Config\nConfig.fromfile("c.py")', mended=False)
    assert message in done.stderr


def package(tmp_path, mim):
    root = tmp_path / 'site/pkg'
    (root / '.mim/configs/fan' if mim else tmp_path / 'site/configs/fan').mkdir(parents=True)
    root.mkdir(exist_ok=True)
    return root


@pytest.mark.parametrize('mim', [True, False])
def test_wheel_and_checkout_keep_configs_in_different_places(tmp_path, mim):
    from mmengine.config import utils
    root = package(tmp_path, mim)
    file = (root / '.mim/configs' if mim else root.parent / 'configs') / 'fan/a.py'
    file.write_text('x = 1')
    assert Path(utils._get_external_cfg_base_path(str(root), 'fan/a.py')) == file
    with pytest.raises(FileNotFoundError):
        utils._get_external_cfg_base_path(str(root), 'fan/b.py')


def test_package_lookup():
    from mmengine.utils import get_installed_path, is_installed
    from mmengine.utils.package_utils import package2module
    assert get_installed_path('mmfer') == str(ROOT / 'mmfer')
    assert Path(get_installed_path('mmaction2')).name == 'mmaction'
    assert Path(get_installed_path('mmcv')).name == 'mmcv'
    assert package2module('mmaction2') == 'mmaction'
    assert package2module('PyYAML') in ('yaml', '_yaml')
    assert is_installed('mmaction2') and is_installed('mmaction') and not is_installed('no_such')
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        get_installed_path('no_such')


def test_numpy_1_names():
    import numpy as np
    from mmaction.datasets.transforms import pose_transforms
    from mmaction.evaluation.functional import accuracy
    assert pose_transforms.np.Inf == np.inf and accuracy.np.trapz([1, 1]) == 1
    assert pose_transforms.np.zeros is np.zeros


@pytest.mark.slow
def test_bare_mmaction_lacks_numpy_1_names(host):
    import numpy as np
    if hasattr(np, 'Inf'):
        pytest.skip('this NumPy still has np.Inf')
    done = host('import mmaction.utils.misc as m; m.np.Inf', mended=False)
    assert 'Inf' in done.stderr
