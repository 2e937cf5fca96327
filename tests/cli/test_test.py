"""tools/test.py on a tiny corpus, as a user calls it."""
from pathlib import Path

import numpy as np
import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import test as run_test
from mmfer.evaluation import read_predictions
from mmfer.faces.status_runs import format_runs, frames_of, parse_runs
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


@pytest.fixture
def gaps(corpus, tmp_path):
    """Rows of which every third frame, and the last two, have no face; options that name them."""
    rows = []
    for row in read_annotations(corpus / 'annotations.json').rows:
        total = row['num_frames']
        there = [number % 3 != 0 and number <= total - 2 for number in range(1, total + 1)]
        there[0] = True
        numbers = [number for number, face in enumerate(there, 1) if face]
        status = ['found' if face else 'absent' for face in there]
        if len(numbers) > 1:  # so that policies differ
            status[numbers[1] - 1] = 'interpolated'
        row.update(num_frames=len(numbers), frame_numbers=numbers, face_status=format_runs(status),
                   coverage=status.count('found') / total)
        rows.append({key: value for key, value in row.items() if key != 'frame_numbers'
                     or numbers != list(range(1, len(numbers) + 1))})
    write_annotations(tmp_path / 'a.json', make_metainfo('tiny', CLASSES, rows), rows)
    annotations = read_annotations(tmp_path / 'a.json')
    write_protocol(tmp_path / 'p.json', step_kfold(annotations, folds=FOLDS))
    return annotations.by_clip, [f'annotation.file={tmp_path / "a.json"}',
                                 f'protocol.file={tmp_path / "p.json"}']


def test_policies_for_missing_faces(gaps, trained, options, tmp_path, capsys):
    """FAN attends to what was seen: masked frames are as if left out, from data to file."""
    checkpoint = torch.load(trained[0] / 'epoch_2.pth', weights_only=True)
    torch.save(dict(state_dict=checkpoint['state_dict'], meta={}), tmp_path / 'c.pth')
    found = {}
    for policy in ('none', 'drop', 'interpolate', 'repeat', 'mask'):
        chosen = [] if policy == 'none' else [f'missing_faces={policy}']
        args = build_parser().parse_args([
            FAN, str(tmp_path / 'c.pth'), '--work-dir', str(tmp_path / policy), '--cfg-options',
            *options, *gaps[1], *chosen])
        run_test(prepare(args), args.checkpoint, str(tmp_path / f'{policy}.parquet'))
        found[policy] = read_predictions(tmp_path / f'{policy}.parquet')
    tested = [row.clip for row in found['none'].rows]
    coverage = np.mean([gaps[0][clip]['coverage'] for clip in tested])
    assert f'coverage {coverage:.3f}: WAR' in capsys.readouterr().out
    assert found['mask'].metadata['coverage'] == {'mean': pytest.approx(coverage),
                                                  'clips': len(tested)}
    for plain, drop, kept, repeated, masked in zip(*(file.rows for file in found.values())):
        row = gaps[0][plain.clip]
        numbers = row.get('frame_numbers', list(range(1, row['num_frames'] + 1)))
        assert plain.frame_numbers.tolist() == numbers
        np.testing.assert_array_equal(kept.scores, plain.scores)
        for name, weights in plain.attention.items():
            np.testing.assert_allclose(masked.attention[name], weights, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(masked.scores, plain.scores, rtol=1e-4, atol=1e-6)
        assert masked.frame_numbers.tolist() == numbers
        assert drop.frame_numbers.tolist() == [numbers[0], *numbers[2:]]
        shown = [max(n for n in numbers if n <= number)
                 for number in range(1, frames_of(parse_runs(row['face_status'])) + 1)]
        assert repeated.frame_numbers.tolist() == shown


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
