"""install.py plans the right pip calls, and leaves an OpenCV that needs no libGL."""
import importlib.metadata
import os
import subprocess
import sys
from pathlib import Path

import pytest

import install

ROOT = Path(install.__file__).parent
REQUIRED = {
    'mmfer': ['torch>=2.6', 'torchvision>=0.21', 'mmengine>=0.10.7', 'mmcv-lite<2.2,>=2.1',
              'mmaction2>=1.2', 'decord>=0.6; sys_platform == "linux"',
              'pytest>=8.0; extra == "dev"', 'wandb>=0.16; extra == "wandb"'],
    'mmengine': ['addict', 'opencv-python>=3', 'regex; sys_platform == "win32"',
                 'aim<=3.17.5; sys_platform != "win32" and extra == "all"'],
    'mmcv-lite': ['addict', 'mmengine>=0.3.0', 'opencv-python >=3'],
    'mmaction2': ['decord >=0.4.1', 'einops', 'opencv-contrib-python', 'torch >=1.3'],
}


@pytest.fixture
def plan(monkeypatch):
    """Runs the installation on a made-up environment; returns the calls of pip."""
    def run(environment):
        calls = []

        def pip(*arguments):
            calls.append(list(arguments))
            if arguments == ('install', install.TORCH):
                environment['torch'] = '9.9.0'

        monkeypatch.setattr(install, 'pip', pip)
        monkeypatch.setattr(install, 'installed', environment.get)
        monkeypatch.setattr(importlib.metadata, 'requires', REQUIRED.__getitem__)
        install.fill_environment(('dev',))
        return calls
    return run


def test_keeps_torch_and_takes_no_gui_build(plan):
    editable, hosts, rest = plan({'torch': '2.13.0+cpu'})
    assert editable[-2:] == ['--editable', str(ROOT)]
    assert hosts == ['install', '--no-deps', 'mmengine>=0.10.7', 'mmcv-lite<2.2,>=2.1',
                     'mmaction2>=1.2']
    assert rest == ['install', '--no-warn-conflicts', 'torch>=2.6', 'torchvision>=0.21',
                    'decord>=0.6; sys_platform == "linux"', 'pytest>=8.0', 'addict',
                    'regex; sys_platform == "win32"', 'einops', 'opencv-python-headless',
                    'torch==2.13.0+cpu']


@pytest.mark.parametrize('old', [None, '2.5.1+cu121', '1.13.1'])
def test_installs_torch_where_none_fits(plan, old):
    calls = plan({} if old is None else {'torch': old})
    assert calls[0] == ['install', 'torch>=2.6']
    assert calls[-1][-1] == 'torch==9.9.0'


def test_removes_every_build_of_opencv_before_the_headless_one(plan):
    # the builds share a folder: removing one takes files of another with it
    calls = plan({'torch': '2.6.0', 'opencv-contrib-python': '5.0', 'opencv-python': '5.0',
                  'opencv-python-headless': '5.0'})
    assert calls[2] == ['uninstall', '--yes', 'opencv-python', 'opencv-contrib-python',
                        'opencv-python-headless']
    assert 'opencv-python-headless' in calls[3]


def test_keeps_a_full_mmcv(plan):
    calls = plan({'torch': '2.6.0', 'mmcv': '2.1.0'})
    assert not any('mmcv-lite' in argument for call in calls for argument in call)
    with pytest.raises(SystemExit, match='mmcv 2.2.0 is installed.*takes 2.1 only'):
        plan({'torch': '2.6.0', 'mmcv': '2.2.0'})


def test_refuses_another_python_than_the_environments(tmp_path, monkeypatch):
    install.check_environment(tmp_path / 'absent')
    python = install.interpreter(tmp_path)
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    install.check_environment(tmp_path)
    monkeypatch.setattr(install.sys, 'version_info', (3, 99, 0))
    with pytest.raises(SystemExit, match=r'has Python 3\.\d+, and 3\.99 is asked for'):
        install.check_environment(tmp_path)


@pytest.mark.skipif(not sys.platform.startswith('linux'), reason='reads /proc/self/maps')
@pytest.mark.skipif(not (Path(sys.prefix) / '.mmfer-installed').exists(),
                    reason='not in an environment made by install.py')
def test_opencv_loads_no_gl():
    code = ('import mmcv, mmengine, cv2; maps = open("/proc/self/maps").read(); '
            'print(cv2.__version__, "libGL" in maps)')
    run = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                         env={**os.environ, 'CUDA_VISIBLE_DEVICES': ''}, check=True)
    assert run.stdout.split()[1] == 'False'
