"""Training on two corpora whose classes differ in number and order, and testing on the other."""
from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.cli import browse_dataset, complexity, cross_validate, evaluate
from mmfer.cli.provenance import provenance
from mmfer.cli.test import build_parser, prepare
from mmfer.cli.test import main as run_test
from mmfer.cli.train import check_classes
from mmfer.cli.train import main as run_train
from mmfer.configuration import load_config
from mmfer.datasets.joining import joint_hash
from mmfer.errors import AnnotationError, ConfigError, ProtocolError
from mmfer.evaluation import read_predictions

from .conftest import ROOT

FAN, JOINT = 'configs/fan/fan_r18_ckplus.py', 'configs/fan/fan_r18_ckplus-mmi.py'
COMMON = ('anger', 'happiness', 'surprise')


@pytest.fixture(scope='session')
def small(options):
    """Options of a tiny run that say nothing of a corpus."""
    return [option for option in options if not option.startswith(('annotation', 'protocol'))]


def of_one(folder, small, classes=4, split='fold1'):
    return [*small, f'annotation.file={folder / "annotations.json"}',
            f'annotation.root={folder / "frames"}', f'protocol.file={folder / "protocol.json"}',
            f'protocol.split={split}', f'model.cls_head.num_classes={classes}']


@pytest.fixture(scope='session')
def joint_options(two_corpora, small):
    named = zip(('ckplus', 'mmi'), two_corpora, strict=True)
    return [*small, 'model.cls_head.num_classes=3', *(
        f'corpora.members.{name}.{key}={folder / file}' for name, folder in named
        for key, file in (('annotation.file', 'annotations.json'), ('annotation.root', 'frames'),
                          ('protocol.file', 'protocol.json')))]


@pytest.fixture(scope='session')
def joint(run, joint_options, tmp_path_factory):
    """A finished run on both corpora, and what it printed."""
    work = tmp_path_factory.mktemp('joint')
    done = run('tools/train.py', JOINT, '--work-dir', work, '--seed', 1, '--dump',
               work / 'predictions.parquet', '--cfg-options', *joint_options)
    return work, done.stdout


@pytest.fixture(scope='session')
def one(two_corpora, small, tmp_path_factory):
    """A checkpoint that was trained on the first corpus until it knows its classes."""
    work = tmp_path_factory.mktemp('one')
    assert run_train([
        FAN, '--work-dir', str(work), '--cfg-options', *of_one(two_corpora[0], small),
        'train_cfg.max_epochs=20', 'default_hooks.checkpoint.interval=20']) == 0
    return work / 'epoch_20.pth'


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
    check_classes(config('corpora.classes=union', 'model.cls_head.num_classes=5'))
    with pytest.raises(ConfigError, match='corpora with classes=.union. has 5 classes'):
        check_classes(config('corpora.classes=union'))


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
                    "corpora = dict(members=dict(mmi=dict(protocol=dict(split='fold3'))))\n")
    pinned = facts('protocol.split=fold1', path)
    assert pinned['protocol_hash'] != free['protocol_hash']
    assert pinned['corpus_splits'] == {'ckplus': 'fold1', 'mmi': 'fold3'}


def test_on_the_other_corpus(one, two_corpora, small, run, tmp_path, capsys):
    two = two_corpora[1]
    done = run('tools/test.py', FAN, one, '--work-dir', tmp_path, '--dump', tmp_path / 'p.parquet',
               '--on', two / 'annotations.json', '--on-root', two / 'frames', '--cfg-options',
               *of_one(two_corpora[0], small))
    assert 'cross-corpus: trained on one, tested on all labelled clips of two' in done.stdout
    assert 'whose clips are left out: neutral' in done.stdout
    assert 'as answers are always wrong: contempt' in done.stdout
    assert '8 clips of neutral left out' in done.stdout
    predictions = read_predictions(tmp_path / 'p.parquet')
    file = read_annotations(two / 'annotations.json')
    assert predictions.classes == ('anger', 'contempt', 'happiness', 'surprise')
    assert len(predictions.rows) == 30 - 8
    for row in predictions.rows:
        assert predictions.classes[row.label] == file.classes[file.by_clip[row.clip]['label']]
    # the model learned what expressions look like, so labels joined by number would be wrong
    assert (predictions.labels == predictions.predicted).mean() > .9
    by_number = np.array([file.by_clip[row.clip]['label'] for row in predictions.rows])
    assert (by_number == predictions.predicted).mean() < .5
    metadata = predictions.metadata
    assert metadata['annotation_hash'] == file.hash and metadata['protocol_hash'] is None
    assert (metadata['trained_on']['corpus'], metadata['tested_on']['corpus']) == ('one', 'two')
    assert metadata['left_out'] == {'two': {'clips': {'neutral': 8}}}
    assert evaluate.main([str(tmp_path / 'p.parquet'), '--resamples', '20']) == 0
    printed = capsys.readouterr().out
    assert '!! cross-corpus: trained on one, tested on two; all classes of the model' in printed


def cross(one, two_corpora, small, *flags, change=()):
    return ['configs/fan/fan_r18_ckplus.py', str(one), *map(str, flags), '--cfg-options',
            *of_one(two_corpora[0], small), *change]


def test_restricted_to_the_common_classes(one, two_corpora, small, tmp_path):
    two = two_corpora[1]
    on = ['--on', two / 'annotations.json', '--on-root', two / 'frames', '--work-dir', tmp_path,
          '--on-protocol', two / 'protocol.json', '--on-split', 'fold2']
    for name, flags in (('all', ()), ('common', ('--restrict', ))):
        assert run_test(cross(one, two_corpora, small, *on, *flags, '--dump',
                               tmp_path / f'{name}.parquet')) == 0
    plain, restricted = (read_predictions(tmp_path / f'{name}.parquet')
                         for name in ('all', 'common'))
    assert restricted.classes == COMMON
    assert {row.subject for row in plain.rows} == {'S001', 'S006'}
    for a, b in zip(plain.rows, restricted.rows, strict=True):
        expected = a.scores[[0, 2, 3]].astype(float)
        assert np.allclose(b.scores, expected / expected.sum(), atol=1e-6)
        assert plain.classes[a.label] == restricted.classes[b.label]
    assert restricted.metadata['protocol_hash'] is not None


def test_clips_that_were_trained_on_are_refused(one, joint, joint_options, two_corpora, small,
                                                tmp_path, capsys):
    first, second = two_corpora
    on = ['--on', first / 'annotations.json', '--on-root', first / 'frames']
    assert run_test(cross(one, two_corpora, small, *on)) == 1
    assert 'its training clips may be among' in capsys.readouterr().err
    own = [*on, '--on-protocol', first / 'protocol.json', '--on-split']
    assert run_test(cross(one, two_corpora, small, *own, 'fold2')) == 1
    assert '--on-split fold1' in capsys.readouterr().err
    # a copy of the annotation with the same media is another file, but the same clips
    annotations = read_annotations(first / 'annotations.json')
    write_annotations(tmp_path / 'copy.json',
                      make_metainfo('copy', annotations.classes, annotations.rows[:9]),
                      annotations.rows[:9])
    assert run_test(cross(one, two_corpora, small, '--on', tmp_path / 'copy.json', '--on-root',
                           first / 'frames')) == 1
    assert 'has the same media as' in capsys.readouterr().err
    # one of several corpora: the test part of its own split was not seen
    words = [JOINT, str(joint[0] / 'epoch_2.pth'), '--on', str(second / 'annotations.json'),
             '--on-root', str(second / 'frames'), '--on-protocol', str(second / 'protocol.json'),
             '--on-split']
    given = ['--work-dir', str(tmp_path), '--dump', str(tmp_path / 'b.parquet'), '--cfg-options',
             *joint_options]
    assert run_test([*words, 'fold3', *given]) == 1
    assert 'may be among' in capsys.readouterr().err
    assert run_test([*words, 'fold1', *given]) == 0
    alone = read_predictions(tmp_path / 'b.parquet')
    both = {row.clip: row for row in read_predictions(joint[0] / 'predictions.parquet').rows}
    for row in alone.rows:
        assert row.scores.tolist() == pytest.approx(both[f'mmi/{row.clip}'].scores.tolist(),
                                                    abs=1e-5)


@pytest.mark.parametrize(('flags', 'message'), [
    (['--restrict'], '--restrict needs --on'), (['--on-root', 'x'], '--on-root needs --on'),
    (['--on', 'x.json'], 'needs --on-root'),
    (['--on', 'x.json', '--on-root', 'x', '--on-split', 'a'], 'go together')])
def test_flags_that_miss_others(flags, message, one, two_corpora, small):
    with pytest.raises(ConfigError, match=message):
        prepare(build_parser().parse_args(cross(one, two_corpora, small, *flags)))


def test_a_checkpoint_that_says_nothing_of_itself(two_corpora, small, tmp_path, capsys):
    torch.save(dict(state_dict={}, meta={}), tmp_path / 'a.pth')
    on = ['--on', two_corpora[1] / 'annotations.json', '--on-root', two_corpora[1]]
    assert run_test(cross(tmp_path / 'a.pth', two_corpora, small, *on)) == 1
    assert 'does not say which classes' in capsys.readouterr().err
    meta = dict(mmfer=dict(annotation_hash='x'), dataset_meta=dict(classes=('calm', 'other')))
    torch.save(dict(state_dict={}, meta=meta), tmp_path / 'b.pth')
    assert run_test(cross(tmp_path / 'b.pth', two_corpora, small, *on)) == 1
    assert '0 in common' in capsys.readouterr().err


def test_one_corpus_under_two_names(joint_options, two_corpora):
    parse = cross_validate.build_parser().parse_args
    options = [*joint_options,
               f'corpora.members.mmi.annotation.file={two_corpora[0] / "annotations.json"}']
    with pytest.raises(AnnotationError, match='one annotation file'):
        provenance(load_config(JOINT, parse([JOINT, '--cfg-options', *options]).cfg_options))


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
