"""tools/test.py on a tiny corpus, as a user calls it."""
from pathlib import Path

import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import test as run_test
from mmfer.evaluation import read_predictions
from mmfer.protocols import step_kfold, write_protocol

FOLDS = 5
CLASSES = ('anger', 'contempt', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
FAN = 'configs/fan/fan_r18_ckplus.py'


def test_test_tool_repeats_the_predictions(trained, run, options, tmp_path):
    work, _ = trained
    run('tools/test.py', FAN, work / 'epoch_2.pth', '--work-dir', tmp_path, '--dump',
        tmp_path / 'again.parquet', '--cfg-options', *options)
    before = read_predictions(work / 'predictions.parquet')
    after = read_predictions(tmp_path / 'again.parquet')
    assert after.metadata['seed'] == 3  # known from the checkpoint
    assert after.metadata['config_hash'] == before.metadata['config_hash']
    for a, b in zip(before.rows, after.rows, strict=True):
        assert a.clip == b.clip
        assert a.scores.tolist() == b.scores.tolist()


def test_test_on_two_processes(trained_on_two, run, options, tmp_path):
    done = run('tools/dist_test.sh', FAN, trained_on_two / 'epoch_2.pth', 2, '--work-dir', tmp_path,
               '--dump', tmp_path / 'p.parquet', '--cfg-options', *options,
               'default_hooks.ema.type=EMAHook')
    assert done.stdout.count('6 test clips: WAR') == 1
    assert len(read_predictions(tmp_path / 'p.parquet').rows) == 6


def test_flags_reach_the_config_and_nothing_of_training_does(options, tmp_path):
    checkpoint = tmp_path / 'a.pth'
    torch.save(dict(state_dict={}, meta=dict(seed=1, mmfer=dict(seed=3))), checkpoint)

    def prepared(*flags):
        return prepare(build_parser().parse_args(
            [FAN, str(checkpoint), *flags, '--cfg-options', *options, 'load_from=pre.pth']))

    cfg = prepared()
    assert cfg.randomness.seed == 3
    assert 'fp16' not in cfg.test_cfg
    assert cfg.train_dataloader is cfg.optim_wrapper is cfg.load_from is None
    assert prepared('--seed', '0').randomness.seed == 0
    assert prepared('--amp').test_cfg.fp16 is True


@pytest.fixture
def predict(trained, options, tmp_path):
    """Tests the trained model in this process; predictions by flags and further options."""

    def predict(name, *flags, change=None):
        words = [FAN, str(trained[0] / 'epoch_2.pth'), '--work-dir', str(tmp_path / name), *flags,
                 '--cfg-options', *options]
        args = build_parser().parse_args(words)
        cfg = prepare(args) if change is None else prepare_with(args, change)
        path = tmp_path / f'{name}.parquet'
        run_test(cfg, args.checkpoint, str(path))
        return read_predictions(path)

    return predict


def prepare_with(args, change):
    """The prepared config of ``args``, with settings that a config would have."""
    config = Path(args.work_dir).with_suffix('.py')
    config.write_text(f"_base_ = '{Path(args.config).absolute()}'\n{change}")
    args.config = str(config)
    return prepare(args)


ONE_VIEW = """
steps = _base_.test_pipeline
steps[1].size = (32, 32)
tta_pipeline = [dict(type='TestTimeAug', transforms=[[step] for step in steps])]
"""


def test_clips_without_a_face_reach_the_predictions(corpus, trained, options, tmp_path, capsys):
    """They are read from the annotation, and scored as missed."""
    before = read_predictions(trained[0] / 'predictions.parquet')
    lost = [dict(clip='S000_none', frames='S000_none', num_frames=0, label=2, subject='S000'),
            dict(clip='S001_none', frames='S001_none', num_frames=0, label=2, subject='S001')]
    rows = [*read_annotations(corpus / 'annotations.json').rows, *lost]
    write_annotations(tmp_path / 'a.json', make_metainfo('tiny', CLASSES, rows), rows)
    annotations = read_annotations(tmp_path / 'a.json')
    write_protocol(tmp_path / 'p.json', step_kfold(annotations, folds=FOLDS))
    checkpoint = torch.load(trained[0] / 'epoch_2.pth', weights_only=True)
    torch.save(dict(state_dict=checkpoint['state_dict'], meta={}), tmp_path / 'c.pth')
    args = build_parser().parse_args([
        FAN, str(tmp_path / 'c.pth'), '--work-dir', str(tmp_path / 'work'), '--cfg-options',
        *options, f'annotation.file={tmp_path / "a.json"}', f'protocol.file={tmp_path / "p.json"}'])
    run_test(prepare(args), args.checkpoint, str(tmp_path / 'p.parquet'))
    found = read_predictions(tmp_path / 'p.parquet')
    assert [row.clip for row in found.rows] == [row.clip for row in before.rows]
    tested = {row.subject for row in found.rows}
    assert {clip.clip for clip in found.faceless} == {
        row['clip'] for row in lost if row['subject'] in tested} != set()
    assert all((clip.split, clip.label) == ('fold1', 2) for clip in found.faceless)
    assert f'{len(found.rows)} test clips ({len(found.faceless)} more have no face): WAR' in (
        capsys.readouterr().out)


def test_one_view_is_the_plain_test(predict):
    plain, one = predict('plain'), predict('one', '--tta', change=ONE_VIEW)
    assert one.metadata['config_name'] == 'one+tta'
    for a, b in zip(plain.rows, one.rows, strict=True):
        assert a.clip == b.clip and a.scores.tolist() == b.scores.tolist()
        assert a.attention['frame_weights'].tolist() == b.attention['frame_weights'].tolist()


def test_flips_by_default(predict):
    plain, flips = predict('plain'), predict('flips', '--tta')
    assert '+tta' in flips.metadata['config_name']
    assert flips.metadata['config_hash'] != plain.metadata['config_hash']
    assert any(a.scores.tolist() != b.scores.tolist() for a, b in zip(plain.rows, flips.rows))
    for a, b in zip(plain.rows, flips.rows, strict=True):
        assert a.attention['frame_weights'].tolist() == b.attention['frame_weights'].tolist()
