"""Labels of frames from the annotation file to the printed S, through the commands."""
from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import cross_validate, evaluate, test, train
from mmfer.evaluation import read_predictions
from mmfer.evaluation.functional import PER_FRAME_SCORES, abaw_formula, confusion_matrix
from mmfer.protocols import Protocol, Split, write_protocol

CONFIG = 'configs/cbam_blstm/r101_cbam_blstm_affwild2.py'
CODE = 'configs/cbam_blstm/r101_cbam_blstm_affwild2_code.py'
CLASSES = ('neutral', 'anger', 'disgust', 'fear', 'happiness', 'sadness', 'surprise')
# frames without a face, by video; test videos have 11 and 19 frames with one
GONE = {'v0': (3, 4), 'v1': (), 'v2': (9,), 'v3': (1, 2, 20), 't0': (5,), 't1': (2,)}
LAST = {'v0': 14, 'v1': 9, 'v2': 17, 'v3': 24, 't0': 12, 't1': 20}
TEST = ('t0', 't1')


def label_of(video: int, number: int) -> int:
    """The label of a frame; every fifth is ignored."""
    return -1 if number % 5 == 0 else (number // 3 + video) % len(CLASSES)


@pytest.fixture(scope='module')
def corpus(tmp_path_factory):
    """Annotations with frame labels, a protocol, and frames whose names are their numbers."""
    root = tmp_path_factory.mktemp('frames')
    rng = np.random.default_rng(0)
    rows = []
    for video, (name, last) in enumerate(LAST.items()):
        (root / 'frames' / name).mkdir(parents=True)
        numbers = [n for n in range(1, last + 1) if n not in GONE[name]]
        for number in numbers:
            image = rng.integers(0, 256, (36, 36, 3), dtype=np.uint8)
            assert cv2.imwrite(str(root / 'frames' / name / f'{number:05d}.jpg'), image)
        row = dict(clip=name, frames=name, num_frames=len(numbers), filename_tmpl='{:05d}.jpg',
                   subject=f'S{video}',
                   frame_labels=[label_of(video, n) for n in range(1, last + 1)])
        if GONE[name]:
            row['frame_numbers'] = numbers
        rows.append(row)
    write_annotations(root / 'annotations.json', make_metainfo('tiny', CLASSES, rows), rows)
    annotations = read_annotations(root / 'annotations.json')
    split = Split('split1', train=('v0', 'v1', 'v2'), selection=('v3',), test=TEST)
    write_protocol(root / 'protocol.json', Protocol('tiny', annotations.hash, True, 0, (split,)))
    return root


@pytest.fixture(scope='module')
def options(corpus):
    settings = [
        f'annotation.file={corpus / "annotations.json"}', f'annotation.root={corpus / "frames"}',
        f'protocol.file={corpus / "protocol.json"}', 'model.backbone.depth=18',
        'model.backbone.base_channels=4', 'model.backbone.stem_channels=4',
        'model.cls_head.hidden_channels=4', 'train_cfg.max_iters=6', 'train_cfg.val_interval=3',
        'default_hooks.checkpoint.interval=3', 'default_hooks.logger.interval=1',
        'optim_wrapper.optimizer.lr=0.01']
    for part in ('train', 'val', 'test'):
        settings += [f'{part}_dataloader.{key}' for key in (
            'num_workers=0', 'persistent_workers=False', 'dataset.pipeline.1.size=(32,32)')]
    return settings


def labelled() -> dict[str, list[int]]:
    return {name: [n for n in range(1, LAST[name] + 1)
                   if n not in GONE[name] and label_of(list(LAST).index(name), n) >= 0]
            for name in TEST}


def without_validation(options: list[str]) -> list[str]:
    return [option for option in options if not option.startswith('val_')]


@pytest.fixture(scope='module')
def trained(options, tmp_path_factory):
    work = tmp_path_factory.mktemp('run')
    assert train.main([CONFIG, '--work-dir', str(work), '--seed', '3', '--dump',
                       str(work / 'predictions.parquet'), '--cfg-options',
                       *without_validation(options)]) == 0
    return work


def test_predictions_hold_each_labelled_frame_once(trained):
    read = read_predictions(trained / 'predictions.parquet')
    assert {track.clip: track.frame_numbers.tolist() for track in read.tracks} == labelled()
    for track in read.tracks:
        video = list(LAST).index(track.clip)
        assert track.labels.tolist() == [label_of(video, n) for n in track.frame_numbers.tolist()]
        np.testing.assert_allclose(track.scores.sum(1), 1, atol=1e-5)
    assert read.classes == CLASSES and read.metadata['checkpoint'].endswith('iter_6.pth')


def test_evaluate_prints_s_of_frames(trained, tmp_path, capsys):
    out = tmp_path / 'numbers.json'
    assert evaluate.main([str(trained), '--json', str(out)]) == 0
    frames = sum(map(len, labelled().values()))
    text = capsys.readouterr().out
    assert f'{frames} frames of 2 clips, 2 subjects' in text
    scores = json.loads(out.read_text())['summaries'][0]['pooled']['scores']
    value = {name: score['value'] for name, score in scores.items()}
    assert value['S'] == pytest.approx(abaw_formula(value['WAR'], value['F1']))
    assert f'{value["S"]:.3f} [' in text


def test_test_tool_repeats_the_predictions(trained, options, tmp_path, capsys):
    again = tmp_path / 'again.parquet'
    assert test.main([CONFIG, str(trained / 'iter_6.pth'), '--work-dir', str(tmp_path), '--dump',
                      str(again), '--cfg-options', *without_validation(options)]) == 0
    frames = sum(map(len, labelled().values()))
    assert f'{frames} test frames of 2 clips: WAR' in capsys.readouterr().out
    first, second = (read_predictions(path) for path in (trained / 'predictions.parquet', again))
    for a, b in zip(first.tracks, second.tracks, strict=True):
        np.testing.assert_array_equal(a.scores, b.scores)


@pytest.mark.parametrize('policy', ['mask', 'repeat'])
def test_frames_without_a_face(trained, options, tmp_path, capsys, policy):
    """Frame 2 of t1 has a label: masked it is missed, repeated it is answered from frame 1."""
    path = tmp_path / 'predictions.parquet'
    assert test.main([CONFIG, str(trained / 'iter_6.pth'), '--work-dir', str(tmp_path), '--dump',
                      str(path), '--cfg-options', f'missing_faces={policy}',
                      *without_validation(options)]) == 0
    printed, read = capsys.readouterr().out, read_predictions(path)
    frames = labelled()
    count = sum(map(len, frames.values()))
    if policy == 'mask':
        assert f'{count} test frames (1 more have no face) of 2 clips: WAR' in printed
        assert [(m.clip, m.counts[label_of(5, 2)], sum(m.counts)) for m in read.missed] == [
            ('t1', 1, 1)]
        assert evaluate.main([str(path)]) == 0
        printed = capsys.readouterr().out
        assert f'Scores over {count} frames with a face' in printed
        assert f'Scores over all {count + 1} frames (1 without a face count as missed)' in printed
    else:
        frames['t1'].insert(frames['t1'].index(1) + 1, 2)
        assert f'{count + 1} test frames of 2 clips: WAR' in printed and read.missed == ()
    assert {track.clip: track.frame_numbers.tolist() for track in read.tracks} == frames


def test_resumed_equals_uninterrupted(trained, options, tmp_path):
    """Stopped after half of the iterations and resumed at the next one."""
    words = [CONFIG, '--work-dir', str(tmp_path), '--seed', '3']
    half = [option.replace('max_iters=6', 'max_iters=3') for option in options]
    assert train.main([*words, '--cfg-options', *without_validation(half)]) == 0
    assert train.main([*words, '--resume', '--cfg-options', *without_validation(options)]) == 0
    states = [torch.load(folder / 'iter_6.pth', weights_only=False)['state_dict']
              for folder in (trained, tmp_path)]
    assert states[0].keys() == states[1].keys()
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


@pytest.mark.slow
def test_code_recipe_reports_both_figures_and_selects_by_s(options, tmp_path):
    assert train.main([CODE, '--work-dir', str(tmp_path), '--cfg-options',
                       'protocol.selection=inner', *options]) == 0
    assert list(tmp_path.glob('best_S_iter_*.pth'))
    logs = [json.loads(line) for path in tmp_path.glob('*/vis_data/scalars.json')
            for line in path.read_text().splitlines()]
    scores = [entry for entry in logs if 'S' in entry]
    assert len(scores) == 2
    assert all({'WAR', 'UAR', 'F1', 'S', 'WAR_padded', 'S_padded'} <= set(s) for s in scores)
    # 21 frames with a face in three windows of 8: the last one is filled up with three
    # more of frame 24, whose answer then weighs four times
    numbers = [n for n in range(1, 25) if n not in GONE['v3']]
    kept = [n for n in numbers if label_of(3, n) >= 0]
    hits = {round(s['WAR'] * len(kept), 6) for s in scores}
    padded = {round(s['WAR_padded'] * (len(kept) + 3), 6) for s in scores}
    assert all(hit == int(hit) for hit in hits | padded)


@pytest.mark.slow
def test_cross_validation_prints_s(options, tmp_path, capsys):
    assert cross_validate.main([CONFIG, '--work-dir', str(tmp_path), '--seeds', '0', '1',
                                '--cfg-options', *without_validation(options)]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    frames = sum(map(len, labelled().values()))
    assert ['WAR', 'UAR', 'F1', 'S', 'of'] in lines
    pooled = next(line for line in lines if line[:4] == ['pooled,', 'mean', 'over', 'seeds'])
    assert ' '.join(pooled).endswith(f'{frames} frames of 2 clips, 2 subjects')


@pytest.mark.slow
def test_selections_are_compared_by_s_of_frames(options, tmp_path, capsys):
    assert cross_validate.main([CONFIG, '--work-dir', str(tmp_path), '--compare-selection',
                                '--cfg-options', *options]) == 0
    printed = capsys.readouterr().out
    frames = sum(map(len, labelled().values()))
    assert f'Pooled over {frames} frames of 2 clips, 2 subjects' in printed
    assert 'S on the test part, of the epoch that each chose' in printed
    assert '(iteration 6)' in printed
    record = json.loads((tmp_path / 'seed0/split1/selections.json').read_text())
    assert record['score'] == 'S'
    assert [entry['iteration'] for entry in record['validations']] == [3, 6]
    best = read_predictions(tmp_path / 'seed0/split1/selection_literature/predictions.parquet')
    labels, predicted = best.labels, best.predicted
    assert len(labels) == frames
    confusion = confusion_matrix(labels, predicted, len(CLASSES))
    assert max(entry['test'] for entry in record['validations']) == pytest.approx(
        float(PER_FRAME_SCORES['S'](confusion)))
