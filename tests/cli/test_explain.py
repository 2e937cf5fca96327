"""tools/explain.py on a tiny corpus."""
from pathlib import Path

import cv2
import pytest

from mmfer.cli.explain import main, target_label
from mmfer.errors import ConfigError

FAN = 'configs/fan/fan_r18_unified.py'


def test_tool_draws(trained, run, options, tmp_path):
    work, _ = trained
    done = run('tools/explain.py', 'configs/fan/fan_r18_ckplus.py', work / 'epoch_2.pth', '--out',
               tmp_path, '--device', 'cpu', '--cfg-options', *options)
    png, svg = done.stdout.split()[-2:]
    assert cv2.imread(png).shape[0] > 6 * 150
    assert '; why ' in Path(svg).read_text()


@pytest.mark.parametrize('config', [
    'configs/ceflnet/ceflnet_r18_unified.py', 'configs/sa_ca_fa/sa-ca-fa_r18_unified.py',
    'configs/cbam_blstm/cbam-blstm_r18_unified.py', 'configs/sa_tp/sa-tp_r18_unified.py'])
def test_every_method(untrained, config, tmp_path, capsys):
    words = untrained(config)
    # the first of the test clips, for the name of one
    assert main([*words[:2], '--out', str(tmp_path), '--clips', 'none', *words[2:]]) == 1
    clip = capsys.readouterr().err.split("'")[-2]
    assert main([*words[:2], '--out', str(tmp_path), '--clips', clip, '--class', 'fear',
                 '--output', 'log_probability', *words[2:]]) == 0
    text = (tmp_path / 'grad_cam.svg').read_text()
    assert f'{clip}: true' in text and '; why fear (' in text


def test_options_reach_the_figure(untrained, tmp_path, capsys):
    words = untrained(FAN)
    figures = []
    for further in ([], ['--layer', 'layer2'], ['--class', 'true']):
        assert main([*words[:2], '--out', str(tmp_path), *further, *words[2:]]) == 0
        figures.append((tmp_path / 'grad_cam.svg').read_text())
    assert len(set(figures)) == 3
    for further, message in ((['--layer', 'layer9'], 'layer9'), (['--class', 'joy'], 'surprise')):
        assert main([*words[:2], '--out', str(tmp_path), *further, *words[2:]]) == 1
        assert message in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*words[:2], '--out', str(tmp_path), '--max-frames', '1', *words[2:]])


def test_target():
    classes = ('anger', 'fear')
    assert target_label('predicted', 1, classes) is None
    assert target_label('true', 1, classes) == 1
    assert target_label('fear', 0, classes) == 1
    with pytest.raises(ConfigError, match='anger, fear'):
        target_label('joy', 0, classes)
