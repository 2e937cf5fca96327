import os
from pathlib import Path
from unittest import mock

import pytest
import torch
from mmengine.config import Config
from mmengine.infer import BaseInferencer
from mmengine.model import BaseModel, BaseModule
from mmengine.runner import Runner, find_latest_checkpoint, load_checkpoint
from mmengine.runner.checkpoint import CheckpointLoader
from torch import nn

from mmfer.errors import CheckpointError


class Payload:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, 'w')


class Model(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)

    def forward(self, inputs, data_samples=None, mode='tensor'):
        return self.layer(inputs)


def save(path, **entries):
    torch.save({'state_dict': Model().state_dict(), **entries}, path)
    return str(path)


def test_host_reads_without_running(tmp_path, monkeypatch):
    monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')
    path = save(tmp_path / 'a.pth', meta=Payload(tmp_path / 'ran'))
    with pytest.raises(CheckpointError, match='refused'):
        load_checkpoint(Model(), path)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.slow
def test_bare_host_runs_what_a_checkpoint_holds(host, tmp_path):
    path = save(tmp_path / 'a.pth', meta=Payload(tmp_path / 'ran'))
    host(f'from mmengine.runner.checkpoint import _load_checkpoint\n_load_checkpoint("{path}")',
         mended=False, TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD='1')
    assert (tmp_path / 'ran').exists()


def test_downloads_are_read_without_running(tmp_path, monkeypatch):
    (tmp_path / 'checkpoints').mkdir()
    save(tmp_path / 'checkpoints/a.pth', meta=Payload(tmp_path / 'ran'))
    monkeypatch.setattr(torch.hub, 'get_dir', lambda: str(tmp_path))
    with pytest.raises(CheckpointError, match=r'https://host/a\.pth was refused'):
        CheckpointLoader.load_checkpoint('https://host/a.pth', map_location='cpu')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('change', [
    lambda s: s.pop('layer.bias'), lambda s: s.update(extra=torch.zeros(1)),
    lambda s: s.update({'layer.bias': torch.zeros(3)})])
def test_partial_matches_are_refused_unless_asked_for(tmp_path, change):
    state = Model().state_dict()
    change(state)
    torch.save(state, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='match'):
        load_checkpoint(Model(), str(tmp_path / 'a.pth'))
    model = Model()
    load_checkpoint(model, str(tmp_path / 'a.pth'), strict=False)
    assert torch.equal(model.layer.weight, state['layer.weight'])


def test_no_match_is_always_refused(tmp_path):
    torch.save({'other': torch.zeros(1)}, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match='0 keys match'):
        load_checkpoint(Model(), str(tmp_path / 'a.pth'), strict=False)


@pytest.mark.slow
def test_bare_host_is_content_with_no_match(host, tmp_path):
    torch.save({'other': torch.zeros(1)}, tmp_path / 'a.pth')
    done = host('from mmengine.runner import load_checkpoint; import torch\n'
                'load_checkpoint(torch.nn.Linear(1, 1), "a.pth"); print("content")', mended=False)
    assert 'content' in done.stdout


@pytest.mark.parametrize('prefix', [None, 'net'])
def test_pretrained_matches_in_full(tmp_path, prefix):
    class Net(BaseModule):
        def __init__(self):
            super().__init__(dict(type='Pretrained', checkpoint=str(tmp_path / 'a.pth'),
                                  prefix=prefix))
            self.layer = nn.Linear(2, 2)

    start = '' if prefix is None else 'net.'
    state = {f'{start}layer.{k}': torch.ones(s) for k, s in (('weight', (2, 2)), ('bias', 2))}
    torch.save(state, tmp_path / 'a.pth')
    net = Net()
    with mock.patch('mmengine.model.weight_init.print_log') as log:
        net.init_weights()
    assert net.layer.weight.eq(1).all()
    assert f'{tmp_path / "a.pth"}: all 2 keys of Net matched' in [c.args[0] for c in
                                                                  log.call_args_list]
    state.popitem()
    torch.save(state, tmp_path / 'a.pth')
    with pytest.raises(CheckpointError, match=r'a\.pth.*1 missing \(layer\.bias\)'):
        Net().init_weights()


def trainer(toy_dir, path, **options):
    """A runner that is about to train from ``path``."""
    loader = dict(batch_size=1, dataset=[torch.zeros(2)], sampler=dict(type='DefaultSampler'))
    return Runner(Model(), str(toy_dir), loader, train_cfg=dict(by_epoch=True, max_epochs=1),
                  optim_wrapper=dict(optimizer=dict(type='SGD', lr=1.)), load_from=path,
                  cfg=Config(options), experiment_name=toy_dir.name + str(len(options)))


def test_load_strict_false_allows_a_part_in_training_only(tmp_path):
    path = str(tmp_path / 'a.pth')
    torch.save({'layer.weight': torch.ones(2, 2)}, path)
    for options in ({}, {'load_strict': True}):
        runner = trainer(tmp_path, path, **options)
        runner.train_loop  # noqa: B018  built, as it is when training begins
        with pytest.raises(CheckpointError, match=r'a\.pth.*1 missing'):
            runner.load_or_resume()
    runner = trainer(tmp_path, path, load_strict=False)
    runner.train_loop  # noqa: B018
    runner.load_or_resume()
    assert runner.model.layer.weight.eq(1).all()
    with pytest.raises(CheckpointError, match='1 missing'):
        trainer(tmp_path, path, load_strict=False).load_or_resume()


def test_config_text_in_a_checkpoint_does_not_run(tmp_path):
    text = f"open({str(tmp_path / 'ran')!r}, 'w')\nmodel = dict()"
    hub = {'runtime_info': {'cfg': text}, 'log_scalars': {}, 'resumed_keys': {}}
    path = save(tmp_path / 'a.pth', message_hub=hub,
                meta={'cfg': text, 'config': text, 'epoch': 0, 'iter': 0})

    class Inferencer(BaseInferencer):
        def _init_pipeline(self, cfg):
            return None

        def visualize(self, *args, **kwargs):
            return None

        def postprocess(self, *args, **kwargs):
            return None

    with pytest.raises(CheckpointError, match='a config is code'):
        Inferencer(None, path)
    runner = trainer(tmp_path, path)
    with pytest.raises(CheckpointError, match="meta\\['config'\\]"):
        runner.resume(path)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.slow
def test_bare_host_runs_config_text(host, tmp_path):
    text = "open('ran', 'w')\nmodel = dict()"
    save(tmp_path / 'a.pth', meta={'cfg': text})
    host('from mmengine.infer import BaseInferencer\n'
         'BaseInferencer._init_model(None, {}, "a.pth")', mended=False)
    assert (tmp_path / 'ran').exists()


def test_latest_checkpoint(tmp_path):
    assert find_latest_checkpoint(str(tmp_path)) is None
    for age, name in enumerate(['epoch_3.pth', 'epoch_2.pth', 'best_x_epoch_9.pth']):
        save(tmp_path / name)
        os.utime(tmp_path / name, ns=(10**18 - age, 10**18 - age))
    os.utime(tmp_path / 'best_x_epoch_9.pth')
    record = tmp_path / 'last_checkpoint'
    record.write_text(str(tmp_path / 'epoch_2.pth'))
    assert Path(find_latest_checkpoint(str(tmp_path))).name == 'epoch_2.pth'
    record.write_text(str(tmp_path / 'epoch_4.pth'))
    assert Path(find_latest_checkpoint(str(tmp_path))).name == 'epoch_3.pth'
    (tmp_path / 'epoch_3.pth').write_bytes(b'PK\x03\x04')
    assert Path(find_latest_checkpoint(str(tmp_path))).name == 'epoch_2.pth'
    (tmp_path / 'epoch_2.pth').unlink()
    assert find_latest_checkpoint(str(tmp_path)) is None


@pytest.mark.slow
def test_bare_host_resumes_from_a_missing_file(host, tmp_path):
    (tmp_path / 'last_checkpoint').write_text('gone.pth')
    done = host('from mmengine.runner import find_latest_checkpoint as f; print(f("."))',
                mended=False)
    assert done.stdout.strip().endswith('gone.pth')
