"""tools/publish_model.py on the checkpoint of a tiny training."""
import hashlib

import torch

from mmfer.cli import publish_model


def test_publish(trained_on_two, tmp_path, capsys):
    source = trained_on_two / 'epoch_2.pth'
    assert publish_model.main([str(source), str(tmp_path / 'fan.pth')]) == 0
    published, = tmp_path.glob('fan-*.pth')
    assert capsys.readouterr().out.strip() == str(published)
    digest = hashlib.sha256(published.read_bytes()).hexdigest()
    assert published.stem.split('-')[-1] == digest[:8]
    content = torch.load(published, weights_only=True)
    assert sorted(content) == ['meta', 'state_dict']
    whole = torch.load(source, weights_only=True)
    assert all(torch.equal(content['state_dict'][k], v) for k, v in whole['state_dict'].items())


def test_publish_refuses_bare_weights(tmp_path, capsys):
    torch.save({'a': torch.zeros(1)}, tmp_path / 'bare.pth')
    assert publish_model.main([str(tmp_path / 'bare.pth'), str(tmp_path / 'out')]) == 1
    assert "no 'state_dict'" in capsys.readouterr().err
