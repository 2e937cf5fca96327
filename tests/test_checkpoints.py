from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from torch import nn

from mmfer.checkpoints import (
    is_complete,
    load_checkpoint_file,
    load_state,
    load_weights,
    restore_history,
    to_plain,
)
from mmfer.errors import CheckpointError


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, 'w')


def net():
    return nn.Sequential(OrderedDict(first=nn.Linear(3, 4), norm=nn.BatchNorm1d(4),
                                     last=nn.Linear(4, 2)))


@pytest.mark.parametrize('environment', [None, '1'])
@pytest.mark.parametrize('options', [{}, {'_use_new_zipfile_serialization': False}])
def test_hidden_code_is_refused_and_does_not_run(tmp_path, monkeypatch, options, environment):
    if environment:
        monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', environment)
    trap = tmp_path / 'ran'
    torch.save({'state_dict': net().state_dict(), 'meta': Payload(trap)}, tmp_path / 'evil.pth',
               **options)
    with pytest.raises(CheckpointError, match='refused and nothing in it was run.*open'):
        load_checkpoint_file(tmp_path / 'evil.pth')
    assert not trap.exists()
    # the trap works where the protection is off
    torch.load(tmp_path / 'evil.pth', weights_only=False)
    assert trap.exists()


@pytest.mark.parametrize('protocol', [2, 5])
def test_plain_pickle_with_code_is_refused(tmp_path, protocol):
    import pickle
    (tmp_path / 'evil.pth').write_bytes(pickle.dumps(Payload(tmp_path / 'ran'), protocol))
    with pytest.raises(CheckpointError):
        load_checkpoint_file(tmp_path / 'evil.pth')
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize(('content', 'message'), [
    (b'', 'is empty'),
    (b'\n<!DOCTYPE html><html>', 'web page'),
    (b'version https://git-lfs.github.com/spec/v1\n', 'git lfs pull'),
    (b'just some text, nothing else', 'pth'),
    (bytes(range(256)) * 4, 'pth'),
])
def test_other_files_are_refused(tmp_path, content, message):
    path = tmp_path / 'gewichte_ü.pth'
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint_file(path)


@pytest.mark.parametrize('legacy', [True, False])
@pytest.mark.parametrize('share', [0.1, 0.5, 0.95])
def test_truncated_file(tmp_path, legacy, share):
    path = tmp_path / 'a.pth'
    torch.save(net().state_dict(), path, _use_new_zipfile_serialization=not legacy)
    assert is_complete(path) != legacy
    data = path.read_bytes()
    path.write_bytes(data[:int(len(data) * share)])
    assert not is_complete(path)
    with pytest.raises(CheckpointError, match=r'a\.pth'):
        load_checkpoint_file(path)


def test_missing_file_folder_and_tensor(tmp_path):
    with pytest.raises(CheckpointError, match='does not exist'):
        load_checkpoint_file(tmp_path / 'none.pth')
    with pytest.raises(CheckpointError, match='is a folder'):
        load_checkpoint_file(tmp_path)
    torch.save(torch.zeros(3), tmp_path / 'tensor.pth')
    with pytest.raises(CheckpointError, match='holds a Tensor'):
        load_checkpoint_file(tmp_path / 'tensor.pth')


@pytest.mark.filterwarnings('ignore')
def test_torchscript_is_refused(tmp_path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / 'script.pth')
    with pytest.raises(CheckpointError, match='TorchScript'):
        load_checkpoint_file(tmp_path / 'script.pth')


@pytest.mark.parametrize('wrap', [
    lambda state: state,
    lambda state: {'state_dict': state, 'meta': {}},
    lambda state: {'state_dict': {f'module.{k}': v for k, v in state.items()}},
])
def test_weights_are_found_and_loaded(tmp_path, wrap):
    source, target = net(), net()
    torch.save(wrap(source.state_dict()), tmp_path / 'a.pth')
    load_weights(target, tmp_path / 'a.pth')
    assert all(torch.equal(a, b) for a, b in zip(source.state_dict().values(),
                                                 target.state_dict().values()))


def test_prefix_takes_a_part():
    source, target = nn.ModuleDict({'backbone': net(), 'head': nn.Linear(2, 2)}), net()
    load_weights(target, source.state_dict(), prefix='backbone')
    assert torch.equal(target.first.weight, source['backbone'].first.weight)
    with pytest.raises(CheckpointError, match="begins with 'neck.'"):
        load_weights(target, source.state_dict(), prefix='neck')


def test_every_difference_is_refused_and_named():
    state = net().state_dict()
    state['extra.weight'] = torch.zeros(1)
    del state['first.bias']
    state['last.weight'] = torch.zeros(5, 4)
    with pytest.raises(CheckpointError) as error:
        load_weights(net(), state)
    text = str(error.value)
    assert '1 missing (first.bias)' in text and '1 unexpected (extra.weight)' in text
    assert '1 of another shape (last.weight)' in text and '7 keys match' in text


@pytest.mark.parametrize('change', [
    lambda s: s.pop('first.bias'),
    lambda s: s.pop('norm.num_batches_tracked'),
    lambda s: s.update(extra=torch.zeros(1)),
    lambda s: s.update({'last.weight': torch.zeros(9, 9)}),
])
def test_one_difference_is_enough(change):
    state = net().state_dict()
    change(state)
    with pytest.raises(CheckpointError):
        load_weights(net(), state)


def test_long_lists_are_cut():
    state = {**net().state_dict(), **{f'x{i:02}': torch.zeros(1) for i in range(20)}}
    with pytest.raises(CheckpointError, match=r'20 unexpected \(x00, .*x04, and 15 more\)'):
        load_weights(net(), state)


def test_partial_is_allowed_on_request_but_nothing_is_not(capfd):
    target, state = net(), {'first.weight': torch.ones(4, 3), 'other': torch.zeros(1),
                            'last.bias': torch.zeros(7)}
    load_state(target, state, strict=False)
    assert target.first.weight.eq(1).all()
    with pytest.raises(CheckpointError, match='0 keys match'):
        load_state(target, {'other': torch.zeros(1)}, strict=False)
    with pytest.raises(CheckpointError, match='holds no weights'):
        load_weights(target, {'epoch': 3})


def test_hooks_of_the_module_may_rename():
    class Renaming(nn.Linear):
        def _load_from_state_dict(self, state_dict, prefix, *args):
            state_dict[f'{prefix}weight'] = state_dict.pop(f'{prefix}kernel')
            super()._load_from_state_dict(state_dict, prefix, *args)

    target = nn.Sequential(Renaming(2, 1))
    load_weights(target, {'0.kernel': torch.ones(1, 2), '0.bias': torch.zeros(1)})
    assert target[0].weight.eq(1).all()


def test_plain_values_load_with_weights_only(tmp_path):
    state = net().state_dict()
    value = {'a': np.float32(1.5), 'b': [np.int64(2), (np.bool_(True), None)],
             'c': np.arange(3), 'd': np.array(['x', 'y']), 'e': Path('x/y'), 'f': {1, 2},
             'g': np.str_('text'), np.str_('h'): state, 'i': torch.float32}
    torch.save(to_plain(value), tmp_path / 'a.pth')
    loaded = torch.load(tmp_path / 'a.pth', weights_only=True)
    assert loaded['a'] == 1.5 and type(loaded['a']) is float
    assert loaded['b'] == [2, (True, None)] and loaded['c'].tolist() == [0, 1, 2]
    assert loaded['d'] == ['x', 'y'] and loaded['e'] == 'x/y' and loaded['f'] == {1, 2}
    assert loaded['h']._metadata == state._metadata


def test_history_survives():
    buffer = HistoryBuffer([1., 2.5], [1, 3], max_length=10)
    hub = {'log_scalars': {'loss': to_plain(buffer)}, 'runtime_info': {}}
    restore_history(hub)
    restored = hub['log_scalars']['loss']
    assert [d.tolist() for d in restored.data] == [[1., 2.5], [1, 3]]
    assert restored.max_length == 10


def test_what_has_no_plain_form_is_named():
    with pytest.raises(CheckpointError, match=r'message_hub\.info\[1\] is a HistoryLike'):
        to_plain({'info': [1, type('HistoryLike', (), {})()]}, 'message_hub')


def test_a_part_that_the_weights_must_not_have():
    target, state = net(), net().state_dict()
    added = [key for key in state if key.startswith('last.')]
    kept = target.last.weight.clone()
    with pytest.raises(CheckpointError, match='2 unexpected .last.'):
        load_weights(target, state, absent=added)
    load_weights(target, {k: v for k, v in state.items() if k not in added}, absent=added)
    assert torch.equal(target.last.weight, kept)
    assert torch.equal(target.first.weight, state['first.weight'])
