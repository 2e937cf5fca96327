"""Several corpora in one config: what reaches the datasets, and what contradicts itself."""
from pathlib import Path

import pytest

from mmfer.configuration import load_config
from mmfer.configuration.corpora import of_one_corpus, pinned_splits
from mmfer.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]
JOINT = ROOT / 'configs/fan/fan_r18_ckplus-mmi.py'
FAN = ROOT / 'configs/fan/fan_r18_ckplus.py'


def test_every_dataset_gets_every_corpus():
    cfg = load_config(JOINT, {'protocol.selection': 'inner', 'protocol.split': 'fold3'})
    for loader, part in (('train', 'train'), ('val', 'validation'), ('test', 'test')):
        dataset = cfg[f'{loader}_dataloader'].dataset
        assert (dataset.type, dataset.part, dataset.selection) == ('JointDataset', part, 'inner')
        assert (dataset.classes, dataset.outside) == ('intersection', 'drop')
        assert dataset.ann_file == dict(ckplus='data/ckplus/annotations.json',
                                        mmi='data/mmi/annotations.json')
        assert (dataset.data_root.mmi, dataset.split.mmi) == ('data/mmi/MMI', 'fold3')
        assert dataset.protocol_file.mmi == 'data/mmi/protocol_10fold.json'
        assert list(dataset.split) == ['ckplus', 'mmi']
        assert dataset.pipeline[0].type in ('SegmentSample', 'AllFrames')


def test_a_corpus_may_name_its_own_split(tmp_path):
    path = tmp_path / 'own.py'
    path.write_text(f"_base_ = '{JOINT}'\n"
                    "corpora = dict(mmi=dict(protocol=dict(split='fold7')))\n")
    cfg = load_config(path)
    split = cfg.test_dataloader.dataset.split
    assert (split.ckplus, split.mmi, cfg.protocol.split) == (
        'fold1', 'fold7', 'fold1')
    assert pinned_splits(cfg) == {'ckplus': None, 'mmi': 'fold7'}
    both = path.read_text().replace('mmi=', "ckplus=dict(protocol=dict(split='fold2')), mmi=")
    path.write_text(both + 'protocol = dict(split=None)\n')
    assert load_config(path).protocol.split == 'fold2+fold7'
    with pytest.raises(ConfigError, match="protocol.split='fold5' has no effect"):
        load_config(path, {'protocol.split': 'fold5'})


def test_a_resolved_config_can_be_loaded_again(tmp_path):
    cfg = load_config(JOINT)
    cfg.dump(tmp_path / 'dumped.py')
    again = load_config(tmp_path / 'dumped.py')
    assert again.config_hash == cfg.config_hash
    assert again.train_dataloader == cfg.train_dataloader


def test_the_rule_is_part_of_the_identity_and_folders_are_not():
    hashes = [load_config(JOINT, options).config_hash for options in (
        {}, {'joining.classes': 'intersection'}, {'corpora.mmi.annotation.root': 'else'},
        {'protocol.split': 'fold2'}, {'joining.classes': 'union'}, {'joining.outside': 'error'})]
    assert len(set(hashes[:4])) == 1 and len(set(hashes)) == 3


def test_options():
    cfg = load_config(JOINT, {'joining.classes': ['anger', 'fear'],
                              'train_dataloader.dataset.pipeline.0.num_segments': 5})
    assert cfg.train_dataloader.dataset.classes == ['anger', 'fear']
    assert cfg.train_dataloader.dataset.pipeline[0].num_segments == 5
    with pytest.raises(ConfigError, match="no key 'class'.*joining.classes"):
        load_config(JOINT, {'joining.class': 'union'})


@pytest.mark.parametrize(('change', 'message'), [
    ("annotation = dict(file='a.json', root='a')", 'annotation or protocol.file as well'),
    ("protocol = dict(file='p.json')", 'annotation or protocol.file as well'),
    ("joining = dict(rule='union')", "no key 'rule'"),
    ('corpora = dict(mmi=None)', 'no annotation.file'),
    ('corpora = dict(_delete_=True, a=dict())', 'at least two'),
    ("corpora = {'a/b': dict()}", 'letters'),
    ("corpora = dict(mmi=dict(root='x'))", 'takes annotation'),
    ('corpora = dict(mmi=dict(protocol=dict(file=None)))', 'no protocol.file'),
    ('corpora = dict(mmi=dict(annotation=dict(root=None)))', 'no annotation.root'),
    ("corpora = dict(mmi=dict(protocol=dict(selection='inner')))",
     'all corpora together'),
    ('protocol = dict(split=None)', 'no protocol.split'),
    ("train_dataloader = dict(dataset=dict(classes=['anger']))", 'say it in corpora and joining'),
])
def test_contradictions(change, message, tmp_path):
    path = tmp_path / 'bad.py'
    path.write_text(f"_base_ = '{JOINT}'\n{change}\n")
    with pytest.raises(ConfigError, match=message):
        load_config(path)


def test_nested_datasets_read_several_too(tmp_path):
    path = tmp_path / 'other.py'
    path.write_text(f"_base_ = '{JOINT}'\n"
                    "train_dataloader = dict(dataset=dict(_delete_=True, type='RepeatDataset',\n"
                    "    times=2, dataset=dict(type='ExpressionDataset', pipeline=[])))\n")
    assert load_config(path).train_dataloader.dataset.dataset.type == 'JointDataset'


def test_back_to_one():
    joint, single = (load_config(path).test_dataloader.dataset for path in (JOINT, FAN))
    assert of_one_corpus(single) == single
    one = of_one_corpus(joint)
    assert one['type'] == 'ExpressionDataset' and set(one) == {'type', 'pipeline', 'part',
                                                               'selection'}
