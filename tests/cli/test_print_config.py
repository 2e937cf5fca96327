"""tools/print_config.py: the config as it is used."""
from mmfer.cli import print_config

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_print_config(options, tmp_path, capsys):
    assert print_config.main([FAN, '--cfg-options', *options, 'protocol.split=fold2']) == 0
    assert "split='fold2'" in capsys.readouterr().out
    assert print_config.main([FAN, '--out', str(tmp_path / 'c.py')]) == 0
    assert 'FANNeck' in (tmp_path / 'c.py').read_text()
    assert print_config.main([FAN, '--cfg-options', 'model.nekc=1']) == 1
    assert "'model.neck'" in capsys.readouterr().err
