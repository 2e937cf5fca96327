"""The wheel holds what it should, and works from an empty folder."""
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from mmfer.version import __version__

ROOT = Path(__file__).resolve().parent.parent
NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError(f'tried to connect: {args}')
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = refuse
"""


def test_one_version():
    citation = (ROOT / 'CITATION.cff').read_text(encoding='utf-8')
    assert f'\nversion: {__version__}\n' in citation
    assert re.search(rf'^## (Unreleased|{re.escape(__version__)})', (
        ROOT / 'CHANGELOG.md').read_text(encoding='utf-8'), re.MULTILINE)


def test_model_index_names_files_that_exist():
    index = (ROOT / 'model-index.yml').read_text(encoding='utf-8')
    metafiles = re.findall(r'^  - (\S+)$', index, re.MULTILINE)
    assert metafiles
    for metafile in metafiles:
        text = (ROOT / metafile).read_text(encoding='utf-8')
        configs = re.findall(r'Config: (\S+)', text)
        assert configs, metafile
        assert [c for c in configs if not (ROOT / c).is_file()] == []


@pytest.fixture(scope='module')
def wheel(tmp_path_factory):
    """The wheel, built by way of the source distribution as for a release."""
    out = tmp_path_factory.mktemp('dist')
    subprocess.run([sys.executable, '-m', 'build', '--outdir', str(out), str(ROOT)],
                   check=True, stdout=subprocess.DEVNULL)
    (path,) = out.glob('*.whl')
    return path


@pytest.fixture(scope='module')
def run_installed(wheel, tmp_path_factory):
    """Runs code in an empty folder, in an environment that has the wheel."""
    folder = tmp_path_factory.mktemp('environment')
    venv.create(folder, with_pip=True)
    python = folder / 'bin' / 'python'
    subprocess.run([python, '-m', 'pip', 'install', '--quiet', '--no-deps', str(wheel)],
                   check=True)
    site = subprocess.run(
        [python, '-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'],
        check=True, capture_output=True, text=True).stdout.strip()
    # what the wheel requires is there; listed after the environment's own packages, and
    # without the .pth files that would put the source tree on the path
    found = [path for path in sys.path if Path(path).name in ('site-packages', 'dist-packages')]
    Path(site, 'requirements.pth').write_text('\n'.join(found) + '\n')
    empty = tmp_path_factory.mktemp('empty')

    def run(code):
        done = subprocess.run([python, '-I', '-c', NO_NETWORK + code], cwd=empty,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert str(ROOT) not in done.stdout
        return done.stdout.strip().splitlines()[-1]
    return run, site


@pytest.mark.slow
def test_wheel_holds_configs_tools_and_index_only_beside_code(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    tracked = subprocess.run(['git', 'ls-files', 'configs', 'tools'], cwd=ROOT,
                             capture_output=True, text=True).stdout.split()
    assert tracked == [] or {f'mmfer/.mim/{name}' for name in tracked} <= set(names)
    assert {'mmfer/.mim/model-index.yml', 'mmfer/.mim/configs/fan/fan_r18_ckplus.py',
            'mmfer/.mim/tools/train.py', 'mmfer/py.typed'} <= set(names)
    tops = {name.split('/')[0] for name in names}
    assert tops == {'mmfer', f'mmfer-{__version__}.dist-info'}
    assert not any('__pycache__' in name for name in names)
    modules = {f'mmfer/{p.relative_to(ROOT / "mmfer").as_posix()}'
               for p in (ROOT / 'mmfer').rglob('*.py') if '.mim' not in p.parts}
    assert modules <= set(names)


@pytest.mark.slow
def test_imports_in_an_empty_folder(run_installed):
    run, site = run_installed
    assert run('import mmfer; print(mmfer.__version__, mmfer.__file__)') == (
        f'{__version__} {site}/mmfer/__init__.py')
    assert run('import mmfer, mmfer.registry as r; r.MODELS.import_from_location(); '
               'print(r.MODELS.get("FANNeck").__module__)').startswith('mmfer.models')


@pytest.mark.slow
def test_configs_by_package_name(run_installed):
    run, _ = run_installed
    code = """
import mmfer
from pathlib import Path
from mmengine.config import Config
Path('own.py').write_text("_base_ = 'mmfer::fan/fan_r18_ckplus.py'\\nmark = 7\\n")
config = Config.fromfile('own.py')
print(config.mark, config.model.neck.type)
"""
    assert run(code) == '7 FANNeck'
