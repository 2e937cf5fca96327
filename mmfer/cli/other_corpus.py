"""Testing a trained model on a corpus that it was not trained on.

Classes are joined by name: the clips of the other corpus get the labels of the model's
classes. Clips whose class the model does not know are left out and counted. A class that the
other corpus lacks stays an answer, always a wrong one, unless the answers are restricted to
the common classes.
"""
from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine import Config

from mmfer.annotations import Annotations, read_annotations
from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.provenance import KEY
from mmfer.configuration.corpora import joint_members, of_one_corpus
from mmfer.datasets.expression_dataset import class_mapping
from mmfer.datasets.joining import shared_media
from mmfer.errors import CheckpointError, ConfigError
from mmfer.protocols import protocol_hash, read_protocol

KEEP = 'all classes of the model are answers'
RESTRICT = 'answers restricted to the common classes'
_OF_TRAINING = ('corpus', 'annotation_hash', 'protocol_hash', 'selection')


def add_other_corpus_arguments(parser: argparse.ArgumentParser) -> None:
    """``--on`` and what goes with it."""
    group = parser.add_argument_group('another corpus', 'Test on a corpus that was not trained on.')
    group.add_argument('--on', metavar='FILE.json', help='its annotation file')
    group.add_argument('--on-root', metavar='DIR', help='folder that the paths in it belong to')
    group.add_argument('--on-protocol', metavar='FILE.json',
                       help='test only the test part of a split of this protocol; default: every '
                            'labelled clip')
    group.add_argument('--on-split', metavar='NAME', help='the split')
    group.add_argument('--restrict', action='store_true',
                       help='answers are brought to the classes that model and corpus share; '
                            'default: a class that the corpus lacks is a wrong answer')


def check_arguments_of(args: argparse.Namespace) -> None:
    """Refuses flags without the ones that they need.

    Raises:
        ConfigError: A flag would have no effect.
    """
    if not args.on:
        given = [flag for flag in ('on_root', 'on_protocol', 'on_split', 'restrict')
                 if getattr(args, flag)]
        if given:
            raise ConfigError(f'--{given[0].replace("_", "-")} needs --on FILE.json.')
    elif not args.on_root:
        raise ConfigError('--on needs --on-root, the folder that the paths of the annotation file '
                          'belong to.')
    elif bool(args.on_protocol) != bool(args.on_split):
        raise ConfigError('--on-protocol and --on-split go together.')


def redirect(cfg: Config, args: argparse.Namespace) -> dict[str, Any]:
    """Makes a loaded config test on the corpus that the arguments name.

    Args:
        cfg: Changed in place.
        args: Those of :func:`add_other_corpus_arguments`, and ``checkpoint``.

    Returns:
        The facts of the test: those of a run on the other corpus and, as ``trained_on`` and
        ``tested_on``, where the model comes from and by which rule its classes were joined.
        ``split`` is the one that was trained.

    Raises:
        CheckpointError: The checkpoint does not name its classes or corpus, or the clips may
            be among those that it was trained on.
        ConfigError: Model and corpus share too few classes.
    """
    meta = load_checkpoint_file(args.checkpoint).get('meta') or {}
    trained, known = meta.get(KEY) or {}, meta.get('dataset_meta') or {}
    if not known.get('classes') or not trained.get('annotation_hash'):
        raise CheckpointError(
            f"'{args.checkpoint}' does not say which classes it tells apart, or on which "
            'annotation file it was trained, so it cannot be tested on another corpus; train it '
            'with tools/train.py')
    classes = [str(name) for name in known['classes']]
    annotations = read_annotations(args.on)
    protocol = read_protocol(args.on_protocol, annotations) if args.on_protocol else None
    digest = protocol_hash(protocol) if protocol else None
    if protocol:
        protocol.split(args.on_split)
    _refuse_trained(trained, annotations, digest, args)
    _refuse_shared(cfg, trained, annotations, args)
    common = _common(annotations, classes, args)
    wanted = [classes[column] for column in common] if args.restrict else classes
    for dataset in _datasets(cfg.test_dataloader, 'dataset'):
        dataset.update(
            ann_file=str(args.on), data_root=str(args.on_root), protocol_file=args.on_protocol,
            split=args.on_split, part='test', selection='last', classes=wanted, outside='drop')
    if args.restrict:
        for metric in _metrics(cfg):
            metric['score_columns'] = common
    return {
        'config_name': cfg.config_name, 'config_hash': cfg.config_hash,
        'annotation_hash': annotations.hash,
        'protocol_name': protocol.name if protocol else None, 'protocol_hash': digest,
        'split': trained.get('split'), 'selection': trained.get('selection'),
        'subject_disjoint': None, 'seed': cfg.randomness.seed, 'data_root': str(args.on_root),
        'trained_on': {**{key: trained.get(key) for key in _OF_TRAINING},
                       'corpus': known.get('corpus'), 'classes': classes},
        'tested_on': {'corpus': annotations.metainfo['corpus'], 'split': args.on_split,
                      'rule': RESTRICT if args.restrict else KEEP}}


def _refuse_trained(trained: dict[str, Any], annotations: Annotations, digest: str | None,
                    args: argparse.Namespace) -> None:
    """Refuses clips that the model may have seen: the test part of its own split is none."""
    splits = trained.get('corpus_splits') or {}
    for corpus in trained.get('corpora') or [{**trained, 'name': None}]:
        split = splits.get(corpus['name'], trained.get('split'))
        if corpus['annotation_hash'] != annotations.hash:
            continue
        if (corpus['protocol_hash'], split) != (digest, args.on_split):
            raise CheckpointError(
                f"'{args.checkpoint}' was trained on {args.on}: its training clips may be among "
                f'those to be tested. Give the protocol and the split that it was trained with '
                f'(--on-protocol, --on-split {split}), whose test part it has not seen')


def _refuse_shared(cfg: Config, trained: dict[str, Any], annotations: Annotations,
                   args: argparse.Namespace) -> None:
    """Refuses media that the training names too, where its annotation files are still there."""
    own = cfg.get('annotation') or {}
    sources = [(own.get('file'), own.get('root'))]
    if cfg.get('corpora'):
        sources = [(member['ann_file'], member['data_root'])
                   for member in joint_members(cfg).values()]
    hashes = {corpus['annotation_hash'] for corpus in trained.get('corpora') or [trained]}
    for file, root in sources:
        if not file or not root or not Path(file).is_file():
            continue
        source = read_annotations(file)
        if source.hash not in hashes - {annotations.hash}:
            continue
        shared = shared_media(source, root, annotations, args.on_root)
        if shared:
            raise CheckpointError(
                f"'{args.checkpoint}' was trained on {file}, whose clip {shared[0]!r} has the same "
                f'media as clip {shared[1]!r} of {args.on}. Leave such clips out of one of the '
                'annotation files')


def _common(annotations: Annotations, classes: list[str], args: argparse.Namespace) -> list[int]:
    """Positions in the model's classes of those that the corpus has, ascending."""
    places = class_mapping(annotations.classes, classes)
    common = sorted({place for place in places if place is not None})
    if len(common) < (2 if args.restrict else 1):
        raise ConfigError(f'{args.on} has the classes {", ".join(annotations.classes)}, the model '
                          f'tells {", ".join(classes)} apart: {len(common)} in common')
    return common


def _datasets(node: Any, key: str) -> Iterator[dict[str, Any]]:
    """The datasets of clips below ``node[key]``, those of several corpora made into one."""
    dataset = node[key]
    if 'dataset' in dataset:
        yield from _datasets(dataset, 'dataset')
    else:
        node[key] = of_one_corpus(dataset)
        yield node[key]


def _metrics(cfg: Config) -> list[dict[str, Any]]:
    evaluator = cfg.test_evaluator
    metrics = evaluator if isinstance(evaluator, (list, tuple)) else [evaluator]
    found = [metric for metric in metrics if metric.get('type') == 'ExpressionMetric']
    if not found:
        raise ConfigError('--restrict: no ExpressionMetric in test_evaluator, which restricts the '
                          'answers.')
    return found


def describe(facts: dict[str, Any], args: argparse.Namespace) -> str:
    """What is about to be tested, and which classes are on one side only."""
    annotations = read_annotations(args.on)
    classes = facts['trained_on']['classes']
    places = class_mapping(annotations.classes, classes)
    unknown = [name for name, place in zip(annotations.classes, places, strict=True)
               if place is None]
    lacking = [name for index, name in enumerate(classes) if index not in places]
    part = f'the test part of {args.on_split}' if args.on_split else 'all labelled clips'
    lines = [f'cross-corpus: trained on {facts["trained_on"]["corpus"]}, tested on {part} of '
             f'{facts["tested_on"]["corpus"]}']
    if unknown:
        lines.append(f'classes that the model does not know, whose clips are left out: '
                     f'{", ".join(unknown)}')
    if lacking:
        what = ('which are no answers (--restrict)' if args.restrict
                else 'which as answers are always wrong')
        lines.append(f'classes that the corpus lacks, {what}: {", ".join(lacking)}')
    return '\n'.join(lines)
