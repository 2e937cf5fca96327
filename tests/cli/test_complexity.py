"""tools/complexity.py: what it counts is what the config samples."""
import pytest

from mmfer.cli.complexity import DEFAULT_FRAMES, clip_cost, clip_length, main
from mmfer.configuration import load_config

FAN = 'configs/fan/fan_r18_ckplus.py'


def test_tool_prints_a_table(run):
    done = run('tools/complexity.py', FAN, '--frames', 3)
    assert 'one clip of 3 frames: 3 sampled, 224 x 224 px; counted: products' in done.stdout
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ['backbone', '11,176,512', '5,440,684,032', '5.4407'] in lines
    assert ['cls_head', '7,175', '7,168', '0.0000'] in lines
    assert lines[-1] == ['total', '11,185,225', '5,440,700,416', '5.4407']


def test_the_clip_is_as_long_as_the_median_one(options, corpus):
    plain = load_config(FAN)
    assert clip_length(plain) == DEFAULT_FRAMES
    cfg = load_config(FAN, {'annotation.file': str(corpus / 'annotations.json')})
    assert clip_length(cfg) in (5, 6)  # of 4 to 7


def test_pipelines_sizes_and_lengths():
    cfg = load_config(FAN, {'model.backbone.base_channels': 4,
                            'model.backbone.stem_channels': 4})
    test = clip_cost(cfg, 5, size_px=64)
    assert (test.clip_frames, test.sampled, test.encoded, test.size_px) == (5, 5, 5, (64, 64))
    train = clip_cost(cfg, 5, pipeline='train', size_px=64)
    assert train.sampled == 3
    trunks = [{s.name: s.macs for s in cost.complexity.stages}['backbone']
              for cost in (test, train)]
    assert trunks[0] * 3 == trunks[1] * 5


def test_frames_that_are_sampled_twice_are_encoded_once():
    cfg = load_config(FAN, {
        'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4,
        'test_dataloader.dataset.pipeline.0': dict(type='UniformSample', num_frames=8)})
    once, each = (clip_cost(cfg, 4, size_px=32, every_frame=flag) for flag in (False, True))
    assert (once.sampled, once.encoded) == (8, 4)
    assert (each.sampled, each.encoded) == (8, 8)
    assert each.complexity.macs == pytest.approx(2 * once.complexity.macs, rel=.01)


def test_windows_of_a_clip_add_up():
    cfg = load_config('configs/cbam_blstm/r101_cbam_blstm_affwild2.py',
                      {'model.backbone.base_channels': 4, 'model.backbone.stem_channels': 4})
    one, three = (clip_cost(cfg, frames, size_px=32) for frames in (8, 24))
    assert (one.sampled, three.sampled) == (8, 24)
    assert three.complexity.macs == 3 * one.complexity.macs


@pytest.mark.parametrize('flag', ['--frames', '--size'])
def test_bad_numbers(flag, capsys):
    assert main([FAN, flag, '0']) == 1
    assert f'{flag} is at least 1' in capsys.readouterr().err


def test_markdown(capsys):
    assert main([FAN, '--frames', '1', '--size', '32', '--markdown', '--cfg-options',
                 'model.backbone.base_channels=4', 'model.backbone.stem_channels=4']) == 0
    assert '| backbone.layer1 |' in capsys.readouterr().out
