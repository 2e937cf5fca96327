"""A resumed run equals the uninterrupted one bit for bit."""
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmfer.checkpoints import load_checkpoint_file

ROOT = Path(__file__).resolve().parents[2]
EMA = dict(custom=[dict(type='EMAHook')])
AMP = dict(wrapper=dict(type='AmpOptimWrapper', dtype='bfloat16', accumulative_counts=2,
                        clip_grad=dict(max_norm=1.), optimizer=dict(type='AdamW', lr=0.01)))
BEST = dict(validate=True, save_best='accuracy', custom=[dict(type='ValidateOnResumeHook')])


@pytest.mark.parametrize('options', [{}, {'stream': True}, {'stream': 'videos'}, EMA, AMP,
                                     BEST],
                         ids=['epochs', 'stream', 'videos', 'ema', 'amp', 'best'])
def test_resumed_equals_uninterrupted(train, assert_same, options):
    straight = train('straight', **options)
    assert train('killed', kill_at=6, **options) is None
    resumed = train('killed', resume=True, **options)
    assert len(resumed['losses']) == 12
    assert_same(straight, resumed)


def test_iterations_and_seeds_draw_differently(train):
    first = train('first')
    without = train('without', default_hooks={'seed_iteration': None})
    assert not torch.equal(first['losses'], without['losses'])


def test_without_the_seed_hook_dropout_differs_after_a_resume(train):
    options = dict(default_hooks={'seed_iteration': None})
    straight = train('straight', **options)
    train('killed', kill_at=6, **options)
    assert not torch.equal(straight['losses'], train('killed', resume=True, **options)['losses'])


def torchrun(folder, output, options, processes=2):
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT),
                   'CUDA_VISIBLE_DEVICES': '-1'}
    return subprocess.run(
        [sys.executable, '-m', 'torch.distributed.run', '--standalone',
         f'--nproc_per_node={processes}', str(ROOT / 'tests/engine/toy_run.py'), str(folder),
         str(output), '--options', options], env=environment, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize('stream', ['false', 'true', '"videos"'])
def test_two_processes_on_the_cpu(tmp_path, assert_same, stream):
    common = f'"launcher": "pytorch", "stream": {stream}'
    done = torchrun(tmp_path / 'a', tmp_path / 'a.pth', f'{{{common}}}')
    assert done.returncode == 0, done.stderr[-3000:]
    killed = torchrun(tmp_path / 'b', tmp_path / 'b.pth', f'{{{common}, "kill_at": 6}}')
    assert killed.returncode != 0 and not (tmp_path / 'b.pth').exists()
    done = torchrun(tmp_path / 'b', tmp_path / 'b.pth', f'{{{common}, "resume": true}}')
    assert done.returncode == 0, done.stderr[-3000:]
    assert_same(load_checkpoint_file(tmp_path / 'a.pth'), load_checkpoint_file(tmp_path / 'b.pth'))
