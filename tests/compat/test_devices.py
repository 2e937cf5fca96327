import pytest
import torch
from mmengine.device import get_device
from mmengine.dist import get_backend, get_world_size, init_dist
from mmengine.model import MMDistributedDataParallel, revert_sync_batchnorm
from mmengine.optim import AmpOptimWrapper
from torch import nn

from mmfer.errors import ConfigError

cpu_only = pytest.mark.skipif(get_device() != 'cpu', reason='about machines without a GPU')
DISTRIBUTED = dict(RANK='0', WORLD_SIZE='1', LOCAL_RANK='0', MASTER_ADDR='127.0.0.1',
                   MASTER_PORT='0', CUDA_VISIBLE_DEVICES='-1')


@pytest.fixture
def environment(monkeypatch):
    for name, value in DISTRIBUTED.items():
        monkeypatch.setenv(name, value)
    yield monkeypatch
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@cpu_only
@pytest.mark.parametrize(('launcher', 'variables'), [
    ('pytorch', {}),
    ('slurm', dict(SLURM_PROCID='0', SLURM_NTASKS='1', SLURM_NODELIST='localhost')),
    ('mpi', dict(OMPI_COMM_WORLD_LOCAL_RANK='0', OMPI_COMM_WORLD_RANK='0',
                 OMPI_COMM_WORLD_SIZE='1')),
])
def test_launchers_without_gpu(environment, launcher, variables):
    for name, value in variables.items():
        environment.setenv(name, value)
    init_dist(launcher)
    assert get_backend() == 'gloo' and get_world_size() == 1


@cpu_only
def test_data_parallel_without_gpu(environment):
    init_dist('pytorch')
    assert MMDistributedDataParallel(nn.Linear(1, 1), device_ids=[0]).device_ids is None


@pytest.mark.slow
@cpu_only
@pytest.mark.parametrize(('text', 'message'), [
    ('from mmengine.dist import init_dist\ninit_dist("pytorch")', 'Error'),
    ('from mmengine.model import MMDistributedDataParallel as D\n'
     'torch.distributed.init_process_group("gloo")\nD(torch.nn.Linear(1, 1), device_ids=[0])',
     'device_ids'),
])
def test_bare_host_needs_a_gpu(host, text, message):
    done = host(f'import torch\n{text}', mended=False, **DISTRIBUTED)
    assert done.returncode != 0 and message in done.stderr


@cpu_only
def test_sync_bn_is_reverted_without_distribution():
    net = revert_sync_batchnorm(nn.Sequential(nn.Conv2d(3, 4, 1), nn.SyncBatchNorm(4)))
    assert net(torch.zeros(2, 3, 4, 4)).shape == (2, 4, 4, 4)


def wrapper(net, **options):
    return AmpOptimWrapper(optimizer=torch.optim.SGD(net.parameters(), lr=0.1), **options)


@cpu_only
@pytest.mark.parametrize('dtype', [None, 'bfloat16', torch.bfloat16])
def test_amp_on_the_cpu_computes_in_bfloat16(dtype):
    net = nn.Linear(4, 4)
    optim = wrapper(net, dtype=dtype)
    with optim.optim_context(net):
        out = net(torch.ones(2, 4))
    assert out.dtype == torch.bfloat16 and net.weight.dtype == torch.float32
    optim.load_state_dict(optim.state_dict())


@cpu_only
def test_amp_accumulates_and_clips():
    net = nn.Linear(4, 1, bias=False)
    optim = wrapper(net, accumulative_counts=2, clip_grad=dict(max_norm=1e-3))
    optim.initialize_count_status(net, 0, 4)
    before = net.weight.detach().clone()
    for step in range(2):
        with optim.optim_context(net):
            loss = net(torch.ones(1, 4)).float().sum()
        optim.update_params(loss)
        assert torch.equal(net.weight, before) == (step == 0)
    # a step of lr times a gradient clipped to 1e-3
    assert torch.allclose((net.weight - before).norm(), torch.tensor(1e-4), rtol=1e-3)


@cpu_only
def test_amp_refuses_float16_on_the_cpu():
    with pytest.raises(ConfigError, match='bfloat16'):
        wrapper(nn.Linear(1, 1), dtype='float16')


@pytest.mark.slow
@cpu_only
def test_bare_amp_refuses_the_cpu(host):
    done = host('import torch\nfrom mmengine.optim import AmpOptimWrapper\n'
                'AmpOptimWrapper(optimizer=torch.optim.SGD(torch.nn.Linear(1, 1).parameters()))',
                mended=False)
    assert 'only available training' in done.stderr
