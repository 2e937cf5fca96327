"""The README's commands run as they are printed, on small data and with a small model."""
from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmfer.annotations import read_annotations
from mmfer.synthetic import render_face, sample_identity
from mmfer.testing.marked_faces import write_video

ROOT = Path(__file__).resolve().parent.parent
BY_CI = ('make demo', 'make test', 'pip install')
"""Commands that .ci/run, tests/cli/test_demo.py and tests/test_packaging.py run."""

SMALL = [
    'model.backbone.base_channels=4', 'model.backbone.stem_channels=4', 'total_batch_size=8',
    'train_cfg.max_epochs=1', 'train_dataloader.num_workers=0', 'test_dataloader.num_workers=0',
    'train_dataloader.persistent_workers=False', 'test_dataloader.persistent_workers=False',
    'train_dataloader.dataset.pipeline.1.size=(32,32)',
    'test_dataloader.dataset.pipeline.1.size=(32,32)',
]
WITH_A_MODEL = ('train.py', 'test.py', 'cross_validate.py', 'compare.py', 'analyze_video.py')


def commands() -> list[str]:
    """Every command in the README's shell blocks, in order, continuation lines joined."""
    blocks = re.findall(r'```shell\n(.*?)```', (ROOT / 'README.md').read_text(), re.DOTALL)
    lines = '\n'.join(blocks).replace('\\\n', ' ').splitlines()
    return [line.split('  #')[0].strip() for line in lines
            if line.strip() and not line.startswith('#')]


def smaller(words: list[str]) -> list[str]:
    """The same command with a small model for one epoch."""
    words = [re.sub(r'epoch_\d+', 'epoch_1', word) for word in words]
    if Path(words[0]).name not in WITH_A_MODEL:
        return words
    return [*words, *([] if '--cfg-options' in words else ['--cfg-options']), *SMALL]


def write_own_videos(folder: Path) -> None:
    """Five people with two clips each, and the CSV, as the README's last example expects."""
    cv2 = pytest.importorskip('cv2')
    rng = np.random.default_rng(0)
    lines = ['clip,label,subject']
    for person in range(5):
        for label in ('happiness', 'sadness'):
            clip = f'p{person}_{label}'
            (folder / 'frames' / clip).mkdir(parents=True)
            for n in range(1, 5):
                cv2.imwrite(str(folder / 'frames' / clip / f'{n:06d}.jpg'),
                            rng.integers(0, 255, (24, 24, 3), dtype=np.uint8))
            lines.append(f'{clip},{label},p{person}')
    (folder / 'labels.csv').write_text('\n'.join(lines))
    for k, line in enumerate([*lines[1:], 'talk']):
        face = render_face(sample_identity(np.random.default_rng(k)), {'12': 1.}, 160)
        write_video(folder / 'videos' / f'{line.split(",")[0]}.mp4',
                    (moved(face, number) for number in range(15)))


def moved(face: np.ndarray, number: int) -> np.ndarray:
    """A face before a wall, where it is on a frame."""
    frame = np.full((256, 256, 3), 160, np.uint8)
    frame[48:208, 40 + number:200 + number] = face
    return frame


def test_the_two_commands_come_first():
    assert commands()[:2] == ['make demo', 'make test']


def test_every_command_is_known():
    for line in commands():
        if not line.startswith(BY_CI):
            words = shlex.split(line)
            assert words[0] == 'python', line
            assert (ROOT / words[1]).is_file(), line


@pytest.mark.slow
def test_the_walk_through(tiny_ckplus, tmp_path):
    for name in ('tools', 'configs', 'projects'):
        (tmp_path / name).symlink_to(ROOT / name)
    for name in ('data/ckplus', 'my/videos'):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / 'data' / 'ckplus' / 'CK+').symlink_to(tiny_ckplus / 'CK+')
    write_own_videos(tmp_path / 'my')
    ran = []
    for line in commands():
        if line.startswith(BY_CI):
            continue
        words = smaller(shlex.split(line)[1:])
        if 'fan_r18_generic.py' in line:
            words.append('model.cls_head.num_classes=2')
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=1200,
            check=False, env={**os.environ, 'PYTHONPATH': str(ROOT)})
        assert done.returncode == 0, f'{line}\n{done.stdout[-2000:]}{done.stderr[-4000:]}'
        ran.append(Path(words[0]).name)
    assert ran == ['prepare.py', 'train.py', 'test.py', 'cross_validate.py', 'evaluate.py',
                   'plot.py', 'plot.py', 'compare.py', 'complexity.py', 'prepare.py',
                   'cross_validate.py', 'extract_faces.py', 'prepare.py', 'analyze_video.py']
    assert (tmp_path / 'work_dirs/fan/figures/attention.png').is_file()
    assert (tmp_path / 'work_dirs/my').is_dir()
    annotations = read_annotations(tmp_path / 'data/faces/annotations.json')
    assert [row['coverage'] for row in annotations.rows] == [1.] * 10
    assert (tmp_path / 'work_dirs/videos/talk/report.html').is_file()
