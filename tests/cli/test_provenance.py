"""The identity of a run, and what a checkpoint of another one is refused for."""
import shutil
from types import SimpleNamespace

import pytest
from mmengine import Config

from mmfer.cli.provenance import KEY, ProvenanceHook, check_provenance, provenance
from mmfer.configuration import load_config
from mmfer.errors import CheckpointError

FAN = 'configs/fan/fan_r18_ckplus.py'


def facts_of(folder, split='fold1', seed=None):
    return provenance(load_config(FAN, {
        'annotation.file': str(folder / 'annotations.json'),
        'annotation.root': str(folder / 'frames'),
        'protocol.file': str(folder / 'protocol.json'), 'protocol.split': split}, seed=seed))


def test_folder_split_and_seed_make_no_other_experiment(corpus, tmp_path):
    for name in ('annotations.json', 'protocol.json'):
        shutil.copy(corpus / name, tmp_path / name)
    here, there = facts_of(corpus), facts_of(tmp_path, 'fold2', seed=7)
    differing = {name for name in here if here[name] != there[name]}
    assert differing == {'split', 'seed', 'data_root'}
    assert (there['split'], there['seed']) == ('fold2', 7)
    assert all(len(here[f'{name}_hash']) == 64 for name in ('config', 'annotation', 'protocol'))
    assert here['subject_disjoint'] is True


def test_run_without_annotation_and_protocol():
    facts = provenance(Config(dict(config_name='a', config_hash='h', randomness=dict(seed=0))))
    assert facts['selection'] == 'last'
    unknown = ('annotation_hash', 'protocol_name', 'protocol_hash', 'split', 'data_root')
    assert all(facts[name] is None for name in unknown)


def test_hook_keeps_facts_of_the_run_only():
    facts, checkpoint = dict(split='fold1'), dict(meta=dict(epoch=2))
    ProvenanceHook(facts).before_save_checkpoint(SimpleNamespace(), checkpoint)
    facts['split'] = 'fold2'
    assert checkpoint == dict(meta={'epoch': 2, KEY: dict(split='fold1')})


HERE = dict(annotation_hash='a', protocol_hash='p', split='fold1', seed=0)


@pytest.mark.parametrize(('name', 'what'), [
    ('annotation_hash', 'another annotation file'), ('protocol_hash', 'another protocol file'),
    ('split', 'another split')])
def test_checkpoint_that_may_have_seen_the_test_clips(name, what):
    checkpoint = dict(meta={KEY: {**HERE, name: 'other'}})
    with pytest.raises(CheckpointError, match=f"'x.pth' was trained on {what}.*other, here"):
        check_provenance(checkpoint, HERE, 'x.pth')
    # a config that says nothing of it cannot contradict
    check_provenance(checkpoint, {**HERE, name: None}, 'x.pth')


@pytest.mark.parametrize('checkpoint', [
    {}, dict(meta=None), dict(meta=dict(epoch=3)), dict(meta={KEY: HERE}),
    dict(meta={KEY: {**HERE, 'seed': 5}})])
def test_checkpoints_of_the_run_or_of_other_programs_pass(checkpoint):
    check_provenance(checkpoint, HERE, 'x.pth')
