"""What a run was made of: written into its checkpoints and predictions, checked on use."""
from __future__ import annotations

from typing import Any

from mmengine import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmfer.annotations import read_annotations
from mmfer.configuration.corpora import joint_members, pinned_splits
from mmfer.datasets.joining import check_distinct, common_folder, joint_hash
from mmfer.errors import CheckpointError
from mmfer.protocols import protocol_hash, read_protocol

KEY = 'mmfer'
_WHAT = {'annotation_hash': 'another annotation file', 'protocol_hash': 'another protocol file',
         'split': 'another split'}


def provenance(cfg: Config) -> dict[str, Any]:
    """Identity of config, annotation and protocol, as predictions carry it.

    Raises:
        AnnotationError, ProtocolError: The files do not exist or are malformed, or two of
            several corpora share media.
    """
    annotation, protocol = cfg.get('annotation') or {}, cfg.get('protocol') or {}
    facts: dict[str, Any] = {
        'config_name': cfg.config_name, 'config_hash': cfg.config_hash,
        'annotation_hash': None, 'protocol_name': None, 'protocol_hash': None,
        'split': protocol.get('split'), 'selection': protocol.get('selection', 'last'),
        'subject_disjoint': None, 'seed': cfg.randomness.seed,
        'data_root': annotation.get('root')}
    if cfg.get('corpora'):
        facts.update(_joint_facts(cfg))
    elif annotation.get('file'):
        annotations = read_annotations(annotation['file'])
        facts['annotation_hash'] = annotations.hash
        if protocol.get('file'):
            read = read_protocol(protocol['file'], annotations)
            facts.update(protocol_name=read.name, protocol_hash=protocol_hash(read),
                         subject_disjoint=read.subject_disjoint)
    return facts


def _joint_facts(cfg: Config) -> dict[str, Any]:
    """Identity of several corpora, and ``corpora`` and ``corpus_splits``, that of each."""
    members, pinned = joint_members(cfg), pinned_splits(cfg)
    read = {name: (read_annotations(member['ann_file']), str(member['data_root']))
            for name, member in members.items()}
    check_distinct(read)
    protocols = {name: read_protocol(member['protocol_file'], read[name][0])
                 for name, member in members.items()}
    each = [{'name': name, 'annotation_hash': read[name][0].hash,
             'protocol_name': protocol.name, 'protocol_hash': protocol_hash(protocol)}
            for name, protocol in protocols.items()]
    return {
        'annotation_hash': joint_hash([(one['name'], one['annotation_hash']) for one in each]),
        'protocol_name': '+'.join(protocol.name for protocol in protocols.values()),
        # a split that a corpus names itself is part of what the others are combined with
        'protocol_hash': joint_hash([(one['name'], one['protocol_hash'], pinned[one['name']])
                                     for one in each]),
        'subject_disjoint': all(protocol.subject_disjoint for protocol in protocols.values()),
        'data_root': common_folder([root for _, root in read.values()]), 'corpora': each,
        'corpus_splits': {name: member['split'] for name, member in members.items()}}


class ProvenanceHook(Hook):
    """Writes the facts of a run into each of its checkpoints."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Adds the facts to what is saved."""
        checkpoint['meta'][KEY] = dict(self.facts)


def check_provenance(checkpoint: dict[str, Any], facts: dict[str, Any], path: str) -> None:
    """Refuses a checkpoint that another split, protocol or annotation file trained.

    Checkpoints without facts (of other programs) pass. So do tests on another corpus, whose
    facts name the one that was trained on: they were asked for, and checked
    (:mod:`mmfer.cli.other_corpus`).

    Raises:
        CheckpointError: Testing would mix training and test clips, or compare what does not
            compare.
    """
    if facts.get('trained_on'):
        return
    trained = (checkpoint.get('meta') or {}).get(KEY) or {}
    for name, what in _WHAT.items():
        if trained.get(name) and facts[name] and trained[name] != facts[name]:
            raise CheckpointError(
                f"'{path}' was trained on {what} ({name} {trained[name]}, here {facts[name]}): "
                'its training clips may be among those to be tested. Test the checkpoint of '
                'this split, or set annotation and protocol as they were in training.')
