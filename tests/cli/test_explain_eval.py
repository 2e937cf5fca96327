"""tools/explain_eval.py on a tiny corpus: every method, and the tool as a user calls it."""
import csv
import json
from argparse import Namespace

import numpy as np
import pytest

from mmfer.cli.explain_eval import build_parser, main, measure
from mmfer.cli.explaining import load_subject
from mmfer.explain.orders import area

FEW = ['--draws', '2', '--region-draws', '1', '--steps', '2', '--resamples', '50']


def test_tool_prints_and_writes(trained, run, options, tmp_path):
    work, _ = trained
    done = run('tools/explain_eval.py', 'configs/fan/fan_r18_ckplus.py', work / 'epoch_2.pth',
               '--out', tmp_path, '--device', 'cpu', *FEW, '--cfg-options', *options)
    assert 'Faithfulness over frames [95% interval], 6 clips, 2 subjects' in done.stdout
    assert 'gain over random' in done.stdout and 'hit rate' in done.stdout
    assert 'regions' not in done.stdout  # FAN weighs frames only
    content = json.loads((tmp_path / 'faithfulness.json').read_text())
    assert content['metadata']['config_name'] == 'fan_r18_ckplus'
    assert content['options']['draws'] == 2 and content['summary']['regions'] is None
    with open(tmp_path / 'faithfulness.csv', newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    mean = np.mean([float(row['frames_deletion']) for row in rows])
    assert content['summary']['frames']['areas']['deletion']['value'] == pytest.approx(mean)
    assert {path.name for path in tmp_path.iterdir()} == {
        f'faithfulness.{suffix}' for suffix in ('json', 'csv', 'png', 'svg')}


def subject_and_args(words, *flags):
    args = build_parser().parse_args([*words, *FEW, *flags])
    return load_subject(args), args


@pytest.mark.parametrize('config, frames, regions, further', [
    ('configs/sa_tp/sa-tp_r18_unified.py', True, True, []),
    ('configs/ceflnet/ceflnet_r18_unified.py', True, False, []),
    # joins exactly 16 frames
    ('configs/sa_ca_fa/sa-ca-fa_r18_unified.py', True, True, ['model.backbone.record=True']),
    ('configs/cbam_blstm/cbam-blstm_r18_unified.py', True, True, ['model.backbone.record=True']),
    ('configs/fan/score-fusion_r18_unified.py', True, False, []),
])
def test_every_method(untrained, config, frames, regions, further):
    subject, args = subject_and_args(untrained(config, *further), '--max-clips', '2')
    clips = measure(subject, args)
    assert len(clips) == 2
    for clip in clips:
        assert (clip.frames is not None, clip.regions is not None) == (frames, regions)
        for found in filter(None, (clip.frames, clip.regions)):
            # the beginning of deletion and the end of insertion are the answer itself
            assert found.deletion[0] == pytest.approx(clip.probability, abs=1e-5)
            assert found.insertion[-1] == pytest.approx(clip.probability, abs=1e-5)
            assert found.random[0] == pytest.approx(clip.probability, abs=1e-5)
        assert len(clip.frames.deletion) == clip.distinct_frames
        assert clip.regions is None or len(clip.regions.deletion) == 3


def test_same_numbers_again_whatever_other_clips_there_are(untrained):
    words = untrained('configs/fan/fan_r18_unified.py')
    subject, args = subject_and_args(words)
    clips = measure(subject, args)
    some = measure(subject, Namespace(**{**vars(args), 'max_clips': 2}))
    assert [clip.clip for clip in some] == [clips[0].clip, clips[-1].clip]
    for whole, part in ((clips[0], some[0]), (clips[-1], some[1])):
        assert whole.frames.areas == part.frames.areas
    other = measure(subject, Namespace(**{**vars(args), 'max_clips': 2, 'seed': 1}))
    assert area(other[0].frames.random) != area(some[0].frames.random)


def test_true_class_and_mean_frame(untrained):
    subject, args = subject_and_args(untrained('configs/fan/fan_r18_unified.py'), '--target',
                                     'true', '--fill-frames', 'mean', '--max-clips', '2')
    for clip in measure(subject, args):
        assert clip.target == clip.label
        assert len(clip.frames.deletion) == clip.distinct_frames + 1


def test_unusable_input_is_named(untrained, capsys):
    fan = untrained('configs/fan/fan_r18_unified.py')
    assert main([*fan[:2], '--weights', 'clip_scores', *fan[2:]]) == 1
    assert 'neither clip_scores nor spatial_maps' in capsys.readouterr().err
    frames = untrained('configs/cbam_blstm/cbam-blstm_r18_unified.py',
                       'model.cls_head.answer=frames')
    assert main(frames) == 1
    assert "answer='clip'" in capsys.readouterr().err
    assert main([fan[0], frames[1], *fan[2:]]) == 1  # the checkpoint of another model
    assert 'CheckpointError' in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*fan[:2], '--draws', '0', *fan[2:]])
