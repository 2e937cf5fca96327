"""Makes the virtual environment that ``make`` uses; see ``python install.py --help``.

Only the standard library is at hand here. In steps, each of which does nothing where its
result is there already:

1.  The environment. Where the chosen Python itself has a torch that fits (a container or a
    cluster module with the right CUDA build, say), the environment sees that Python's
    packages, and the torch is kept.
2.  torch as pip is configured to give it, where it is absent.
3.  mmfer itself, editable, which makes its requirements known.
4.  The host packages without their requirements, because those name GUI builds of OpenCV,
    which need libGL, and decord, also where it has no build. A full mmcv is kept.
5.  Everything else, torch held fixed, with the headless build of OpenCV.
"""
import sys

if sys.version_info < (3, 10):
    sys.exit('mmfer needs Python 3.10 or newer, and this is %s (%s).\n'
             'Choose another one, such as: make PYTHON=python3.12 test'
             % (sys.version.split()[0], sys.executable))

import argparse
import os
import re
import subprocess
import venv
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent
HOSTS = ('mmengine', 'mmcv-lite', 'mmaction2', 'mmpretrain', 'face-alignment')
TORCH = 'torch>=2.6'
HEADLESS = 'opencv-python-headless'
GUI = ('opencv-python', 'opencv-contrib-python')
DECIDED_HERE = (*GUI, 'decord', 'torch')
"""Requirements of the host packages that mmfer states better, or that are replaced."""


def installed(name: str) -> str | None:
    """Version of an installed distribution, None where it is absent."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def fits(version: str | None, least: tuple[int, int] = (2, 6)) -> bool:
    """Whether a version such as '2.13.0+cpu' is at least ``least``."""
    return version is not None and tuple(map(int, version.split('.')[:2])) >= least


def project(requirement: str) -> str:
    """Normalised name of the project that a requirement such as 'A_b>=1; x' asks for."""
    match = re.match(r'\s*([\w.-]+)', requirement)
    assert match is not None, requirement
    return re.sub(r'[-_.]+', '-', match[1]).lower()


def requirements(name: str, extras: tuple[str, ...] = ()) -> list[str]:
    """What an installed distribution requires, with the chosen extras' requirements."""
    chosen = []
    for line in metadata.requires(name) or []:
        extra = re.search(r"""\s*(?:;|and)\s*extra\s*==\s*['"]([\w-]+)['"]""", line)
        if extra is None:
            chosen.append(line)
        elif extra[1] in extras:
            chosen.append(line[:extra.start()])
    return chosen


def pip(*arguments: str) -> None:
    """Runs pip of this environment, and ends with its status where it fails."""
    print('+ pip', *arguments, flush=True)
    status = subprocess.call([sys.executable, '-m', 'pip', *arguments])
    if status:
        sys.exit(f'pip failed (status {status}); what was installed so far is kept.')


def interpreter(folder: Path) -> Path:
    """The interpreter of an environment."""
    return folder / ('Scripts/python.exe' if os.name == 'nt' else 'bin/python')


def make_environment(folder: Path) -> Path:
    """Makes the environment where it is absent; returns its interpreter."""
    python = interpreter(folder)
    if not python.exists():
        # a virtual environment's packages cannot be handed on, only its base's
        share = sys.prefix == sys.base_prefix and fits(installed('torch'))
        print(f'Making {folder} with Python {sys.version.split()[0]}'
              + (f', keeping its torch {installed("torch")}' if share else ''), flush=True)
        venv.create(folder, with_pip=True, system_site_packages=share)
    return python


def check_environment(folder: Path) -> None:
    """Ends with a message where the environment has another Python than the running one."""
    python = interpreter(folder)
    if not python.exists():
        return
    command = [str(python), '-c', 'import sys; print("%d.%d" % sys.version_info[:2])']
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    asked = f'{sys.version_info[0]}.{sys.version_info[1]}'
    if found != asked:
        sys.exit(f'{folder} has Python {found}, and {asked} is asked for. Remove it, or name '
                 f'another one, such as: make VENV=.venv-{asked} PYTHON={sys.executable} test')


def fill_environment(extras: tuple[str, ...]) -> None:
    """Installs into the environment of the running interpreter."""
    if not fits(installed('torch')):
        pip('install', TORCH)
    pip('install', '--quiet', '--no-deps', '--editable', str(ROOT))
    needed = requirements('mmfer', extras)
    hosts = [r for r in needed if project(r) in HOSTS]
    full_mmcv = installed('mmcv')
    if full_mmcv is not None:
        if not full_mmcv.startswith('2.1.'):
            sys.exit(f'mmcv {full_mmcv} is installed, and mmaction2 1.2 takes 2.1 only. '
                     'Install mmcv==2.1.0, or uninstall mmcv: mmcv-lite takes its place.')
        hosts = [r for r in hosts if project(r) != 'mmcv-lite']
    pip('install', '--no-deps', *hosts)
    rest = [r for r in needed if project(r) not in HOSTS]
    for host in hosts:
        rest += [r for r in requirements(project(host))
                 if project(r) not in (*DECIDED_HERE, *HOSTS)]
    replaced = [name for name in GUI if installed(name)]
    if replaced:
        pip('uninstall', '--yes', *replaced, *([HEADLESS] if installed(HEADLESS) else []))
    # torch unpinned, torchvision would bring the newest; the warning would be of the GUI builds
    pip('install', '--no-warn-conflicts', *dict.fromkeys(rest), HEADLESS,
        f'torch=={installed("torch")}')


def main() -> None:
    """Parses the command line: once outside of the environment, and once inside."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--venv', type=Path, default=ROOT / '.venv',
                        help='the environment, made where it is absent (default: .venv)')
    parser.add_argument('--extras', default='dev',
                        help='optional requirements of setup.py, comma-separated (default: dev)')
    parser.add_argument('--check', action='store_true',
                        help='only see whether the environment has this version of Python')
    parser.add_argument('--inside', action='store_true', help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside:
        fill_environment(tuple(args.extras.split(',')))
        return
    if args.check:
        check_environment(args.venv)
        return
    python = make_environment(args.venv)
    sys.exit(subprocess.call(
        [str(python), str(Path(__file__).resolve()), '--inside', '--extras', args.extras]))


if __name__ == '__main__':
    main()
