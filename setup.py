"""Packaging. The version is in mmfer/version.py; linters and tests are set in pyproject.toml."""
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
MIM = ('configs', 'tools', 'model-index.yml')

# A lower bound is the oldest release that works; an upper bound names what breaks above it.
REQUIRED = [
    # 2.6 is the first to load checkpoints without running code (weights_only) by default
    'torch>=2.6',
    'torchvision>=0.21',  # the release that belongs to torch 2.6
    'mmengine>=0.10.7,<1.0',  # the first that runs beside NumPy 2; mmaction2 refuses 1.0
    'mmcv-lite>=2.1,<2.2',  # mmaction2 refuses 2.2; no compiled op is used, so the lite build does
    'mmaction2>=1.2',  # recognizer, transform and sample conventions of 1.2
    'mmpretrain>=1.2',  # trunks; 1.2 is the first that takes mmcv 2.1
    'numpy>=1.26',  # the first for Python 3.12; NumPy 2 works too
    'scipy>=1.11.4',  # the first built for Python 3.12
    'scikit-learn>=1.3.2',  # the first built for Python 3.12
    'matplotlib>=3.8',  # the first that runs beside NumPy 2
    'pyarrow>=15',  # Parquet with key-value metadata; 15 is the first for NumPy 2
    'msgspec>=0.19',  # reads large JSON quickly; 0.19 is the first for Python 3.13
    'pillow>=10',  # drops the Python 2 era names
    'jinja2>=3.1',  # the page about a video, escaped; torch brings it too
    'imagehash>=4.3.1',  # perceptual hashes; 4.3.1 is the first for Pillow 10
    # decord has wheels for these two only; elsewhere PyAV decodes
    'decord>=0.6; platform_machine == "x86_64" and sys_platform == "linux"',
    'decord>=0.6; platform_machine == "AMD64" and sys_platform == "win32"',
    'av>=12; (platform_machine != "x86_64" or sys_platform != "linux")'
    ' and (platform_machine != "AMD64" or sys_platform != "win32")',
]
# OpenCV comes with mmengine, mmcv-lite, mmaction2 and face-alignment, which ask for builds with a
# GUI, and with scenedetect-headless, which asks for the one without. All unpack into one folder,
# so whichever pip takes last is there: install.py leaves the headless build alone in it, and the
# README says how to do it by hand, after the extras.

# What raw videos need on top. PyAV reads their time stamps and rotations, which decord does not.
FACES = [
    'av>=14.1',  # the first to tell a frame's rotation, and cover pictures from video
    'dlib-bin>=19.24',  # face detectors and landmarks that work offline, without a compiler
    'face-recognition-models>=0.3',  # their weights
    'scenedetect-headless>=0.7',  # cuts; the other build asks for OpenCV's GUI
]

EXTRAS = {
    'faces': FACES,
    # 1.5 is the first with RetinaFace; onnxruntime runs its SCRFD
    'face-alignment': [*FACES, 'face-alignment>=1.5', 'onnxruntime>=1.20'],
    'ray': ['ray>=2.40'],  # extraction of faces on a cluster
    'tensorboard': ['tensorboard>=2.15'],
    'wandb': ['wandb>=0.16'],
    'timm': ['timm>=1.0'],
    # 1.4.1 is the oldest release that was tried; later ones refuse to open a database twice
    'lmdb': ['lmdb>=1.4.1'],
    'complexity': ['ptflops==0.6.7'],  # later releases count otherwise than the papers did
    'dev': [
        *FACES,  # PyAV is also the fallback decoder, tested beside decord
        'build>=1.0',
        'face-alignment>=1.5',
        'hypothesis>=6.100',
        'lmdb>=1.4.1',
        'mypy>=1.10',
        'onnxruntime>=1.20',
        'ptflops==0.6.7',
        'pytest>=8.0',
        'pytest-timeout>=2.3',  # a test that hangs fails by itself
        'pytest-xdist>=3.5',  # the suite on all cores: one process alone takes twice as long
        'ray>=2.40',
        'ruff>=0.6',
        'tensorboard>=2.15',
        'timm>=1.0',
    ],
}


class BuildWithMim(build_py):
    """Adds configs, tools and the model index to the wheel as ``mmfer/.mim``.

    They are copied at build time, straight into the build folder: the source tree keeps one
    copy, at its root, where an editable install finds it.
    """

    def run(self):
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib) / 'mmfer' / '.mim'
        shutil.rmtree(target, ignore_errors=True)
        for source in self._mim_files():
            copy = target / source.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)

    @staticmethod
    def _mim_files():
        for name in MIM:
            path = ROOT / name
            found = sorted(path.rglob('*')) if path.is_dir() else [path]
            yield from (f for f in found if f.is_file() and '__pycache__' not in f.parts)


def version():
    """The version, read without importing the package and what it needs."""
    text = (ROOT / 'mmfer' / 'version.py').read_text(encoding='utf-8')
    return re.search(r"__version__ = '(.+)'", text).group(1)


setup(
    name='mmfer',
    version=version(),
    description='Facial expression recognition in video on MMEngine and MMAction2',
    long_description=(ROOT / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    author='The mmfer contributors',
    license='Apache-2.0',
    keywords='facial expression recognition, emotion recognition, video, attention',
    classifiers=[
        'Development Status :: 4 - Beta',
        'Intended Audience :: Science/Research',
        'Operating System :: OS Independent',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Programming Language :: Python :: 3.13',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    python_requires='>=3.10',
    packages=find_packages(include=['mmfer', 'mmfer.*']),
    include_package_data=False,
    package_data={'mmfer': ['py.typed']},
    install_requires=REQUIRED,
    extras_require=EXTRAS,
    cmdclass={'build_py': BuildWithMim},
    zip_safe=False,
)
