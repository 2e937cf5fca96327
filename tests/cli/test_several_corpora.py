"""Training on two corpora whose classes differ in number and order, and testing on the other."""
from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from mmfer.annotations import read_annotations
from mmfer.cli import browse_dataset, complexity, cross_validate, evaluate
from mmfer.cli.provenance import provenance
from mmfer.cli.train import check_classes
from mmfer.configuration import load_config
from mmfer.datasets.joining import joint_hash
from mmfer.errors import AnnotationError, ConfigError, ProtocolError
from mmfer.evaluation import read_predictions

from .conftest import JOINT, ROOT

COMMON = ('anger', 'happiness', 'surprise')


def test_training_on_both(joint, two_corpora):
    work, printed = joint
    predictions = read_predictions(work / 'predictions.parquet')
    metadata = predictions.metadata
    assert predictions.classes == COMMON
    assert {row.clip.split('/')[0] for row in predictions.rows} == {'ckplus', 'mmi'}
    assert len({row.subject for row in predictions.rows}) == 4  # two of each, of equal names
    files = [read_annotations(folder / 'annotations.json') for folder in two_corpora]
    for row in predictions.rows:
        name, clip = row.clip.split('/', 1)
        file = files[('ckplus', 'mmi').index(name)]
        assert COMMON[row.label] == file.classes[file.by_clip[clip]['label']]
    assert metadata['annotation_hash'] == joint_hash(
        zip(('ckplus', 'mmi'), (file.hash for file in files)))
    assert [one['annotation_hash'] for one in metadata['corpora']] == [f.hash for f in files]
    assert metadata['corpus_splits'] == {'ckplus': 'fold1', 'mmi': 'fold1'}
    assert metadata['subject_disjoint'] is True and metadata['split'] == 'fold1'
    outside = {name: counts['clips'] for name, counts in metadata['left_out'].items()}
    tested = [sum(file.by_clip[clip]['label'] == label for clip in test) for file, test, label in (
        (files[0], [r['clip'] for r in files[0].rows if r['subject'] in ('S000', 'S005')], 1),
        (files[1], [r['clip'] for r in files[1].rows if r['subject'] in ('S000', 'S005')], 1))]
    assert outside == {'ckplus': {'contempt': tested[0]}, 'mmi': {'neutral': tested[1]}}
    assert len(predictions.rows) == 12 - sum(tested)
    assert re.search(r'clips of contempt left out', printed)
    # frames are below the folder above both roots
    assert all(row.frames.split('/')[1] == 'frames' for row in predictions.rows)
    checkpoint = torch.load(work / 'epoch_2.pth', weights_only=True)
    assert checkpoint['meta']['dataset_meta']['classes'] == COMMON
    assert checkpoint['meta']['mmfer']['corpora'] == metadata['corpora']


def test_scores_of_each_corpus(joint):
    work, printed = joint
    predictions = read_predictions(work / 'predictions.parquet')
    line = next(line for line in printed.splitlines() if 'test clips: WAR' in line)
    scores = {name: float(value) for name, value in re.findall(r'(\S+) ([\d.]+)', line)}
    for name in ('ckplus', 'mmi'):
        right = [bool(row.scores.argmax() == row.label) for row in predictions.rows
                 if row.clip.startswith(f'{name}/')]
        assert scores[f'{name}/WAR'] == pytest.approx(np.mean(right), abs=1e-4)


def test_other_numbers_of_classes_are_refused(joint_options, two_corpora, small):
    parse = cross_validate.build_parser().parse_args

    def config(*changes):
        return load_config(JOINT, parse([JOINT, '--cfg-options', *joint_options,
                                         *changes]).cfg_options)

    check_classes(config())
    check_classes(config('joining.classes=union', 'model.cls_head.num_classes=5'))
    with pytest.raises(ConfigError, match='joining.classes=.union. has 5 classes'):
        check_classes(config('joining.classes=union'))


def test_splits_of_several(joint_options, tmp_path, capsys):
    def plan(*words):
        args = cross_validate.build_parser().parse_args([
            JOINT, '--work-dir', str(tmp_path), *words, '--cfg-options', *joint_options])
        return [run.split for run in cross_validate.plan(args)]

    assert plan() == ['fold1', 'fold2', 'fold3', 'fold4', 'fold5']
    assert plan('--splits', 'fold2') == ['fold2']
    with pytest.raises(ProtocolError, match="no split 'fold9'"):
        plan('--splits', 'fold9')


def test_a_pinned_split_is_part_of_the_protocol(joint_options, tmp_path):
    parse = cross_validate.build_parser().parse_args
    path = tmp_path / 'pinned.py'

    def facts(change, config=JOINT):
        return provenance(load_config(config, parse(
            [JOINT, '--cfg-options', *joint_options, change]).cfg_options))

    free, other = facts('protocol.split=fold1'), facts('protocol.split=fold2')
    assert free['protocol_hash'] == other['protocol_hash']
    assert (free['split'], other['split']) == ('fold1', 'fold2')
    path.write_text(f"_base_ = '{ROOT / JOINT}'\n"
                    "corpora = dict(mmi=dict(protocol=dict(split='fold3')))\n")
    pinned = facts('protocol.split=fold1', path)
    assert pinned['protocol_hash'] != free['protocol_hash']
    assert pinned['corpus_splits'] == {'ckplus': 'fold1', 'mmi': 'fold3'}


def test_one_corpus_under_two_names(joint_options, two_corpora):
    parse = cross_validate.build_parser().parse_args
    options = [*joint_options,
               f'corpora.mmi.annotation.file={two_corpora[0] / "annotations.json"}']
    with pytest.raises(AnnotationError, match='one annotation file'):
        provenance(load_config(JOINT, parse([JOINT, '--cfg-options', *options]).cfg_options))


def test_selecting_by_one_of_several(joint):
    work, _ = joint
    metadata = read_predictions(work / 'predictions.parquet').metadata
    chosen = Path(metadata['checkpoint'])
    assert metadata['selection'] == 'inner' and chosen.name.startswith('best_mmi_UAR_epoch_')
    # the selection parts of both corpora were validated, and the better epoch by one was taken
    scalars = [json.loads(line) for line in
               next(work.glob('*/vis_data/scalars.json')).read_text().splitlines()]
    scores = [entry['mmi/UAR'] for entry in scalars if 'mmi/UAR' in entry]
    assert len(scores) == 2 and all('ckplus/UAR' in e for e in scalars if 'mmi/UAR' in e)
    assert chosen.stem.endswith(f'_{1 + scores.index(max(scores))}')


def test_other_tools_take_several(joint, joint_options, tmp_path, capsys):
    options = ['--cfg-options', *joint_options]
    assert browse_dataset.main([JOINT, '--out', str(tmp_path), '--number', '2', *options]) == 0
    assert list(tmp_path.glob('train_epoch0_*.png'))
    assert complexity.main([JOINT, *options]) == 0
    assert '3 frames' in capsys.readouterr().out
    assert evaluate.main([str(joint[0]), '--resamples', '20', '--json',
                          str(tmp_path / 'e.json')]) == 0
    assert 'fan_r18_ckplus-mmi' in capsys.readouterr().out
    summary, = json.loads((tmp_path / 'e.json').read_text())['summaries']
    assert summary['pooled']['unit'] == 'subjects' and summary['pooled']['units'] == 4
