"""``tools/compare.py --cross-corpus``: one method, trained on each corpus, tested on all.

The runs of a corpus are those of tools/cross_validate.py, in ``WORK_DIR/<corpus>``, from a
config that is written there; ``on_<other>.parquet`` beside the predictions of a run holds its
answers for another corpus. Finished runs and tests are taken as they are.
"""
from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine import Config

from mmfer.annotations import read_annotations
from mmfer.cli.cross_tests import Corpus, CrossTest, complete_tests
from mmfer.cli.executing import complete
from mmfer.cli.runs import Run, plan, raw_words
from mmfer.datasets.expression_dataset import class_mapping
from mmfer.datasets.joining import check_distinct, joined_classes, labels_inside, left_out_text
from mmfer.errors import ConfigError
from mmfer.evaluation import read_predictions
from mmfer.evaluation.corpora import cross_table, format_cross_table, of_corpus
from mmfer.fileio import atomic_write

JOINT = 'all-corpora'
_OWN_KEYS = ('annotation.', 'protocol.file', 'corpora.', 'joining.', 'model.cls_head.num_classes')


def add_cross_corpus_arguments(parser: argparse.ArgumentParser) -> None:
    """``--cross-corpus`` and what goes with it."""
    group = parser.add_argument_group('several corpora', 'Train CONFIG on each, test on all.')
    group.add_argument('--cross-corpus', nargs='+', metavar='DATASET_CONFIG',
                       help='one config for each corpus, of which annotation and protocol are '
                            'taken, such as configs/_base_/datasets/ckplus.py')
    group.add_argument('--classes', nargs='+', metavar='NAME',
                       help='of all cells; default: those that all of the corpora have')
    group.add_argument('--one-split', action='store_true',
                       help='only the split that each corpus names')
    group.add_argument('--joint', action='store_true', help='also train on all of them at once')


def read_corpora(paths: Sequence[str]) -> dict[str, Corpus]:
    """The corpora that config files describe, by the names of the files.

    Raises:
        ConfigError: There are fewer than two, two have one name, or a file names no
            annotation or no protocol.
        AnnotationError: Two of them share media.
    """
    corpora: dict[str, Corpus] = {}
    for path in paths:
        try:
            cfg = Config.fromfile(path)
        except (OSError, SyntaxError, KeyError) as error:
            raise ConfigError(f"config '{path}' cannot be read: {error}") from error
        annotation: dict[str, Any] = cfg.get('annotation') or {}
        protocol: dict[str, Any] = cfg.get('protocol') or {}
        if not (annotation.get('file') and annotation.get('root') and protocol.get('file')):
            raise ConfigError(f"'{path}' names no annotation=dict(file, root), or no protocol=dict("
                              'file, split).')
        name = Path(path).stem
        if name in corpora or name == JOINT:
            raise ConfigError(f"two corpora are called '{name}'; rename the file of one.")
        corpora[name] = Corpus(
            name, read_annotations(annotation['file']), str(annotation['root']),
            str(protocol['file']), protocol.get('split'))
    if len(corpora) < 2:
        raise ConfigError('--cross-corpus names at least two corpora.')
    check_distinct({name: (one.annotations, one.root) for name, one in corpora.items()})
    return corpora


def write_config(path: Path, base: str, changes: dict[str, Any]) -> None:
    """Writes a config that inherits ``base`` and sets the keys of ``changes``."""
    lines = [f'_base_ = {str(Path(base).resolve())!r}',
             *(f'{key} = {value!r}' for key, value in changes.items())]
    with atomic_write(path) as temporary:
        temporary.write_text('\n'.join(lines) + '\n', encoding='utf-8')


def plan_runs(args: argparse.Namespace, corpora: dict[str, Corpus],
              classes: Sequence[str]) -> dict[str, list[Run]]:
    """The runs of each row: of each corpus and, where asked, of all at once.

    Raises:
        ConfigError: The splits of the corpora do not fit each other.
    """
    config, = args.configs
    head = {'model': {'cls_head': {'num_classes': len(classes)}}}
    wanted = {'dataset': {'classes': list(classes), 'outside': 'drop'}}
    rows = {}
    for name, corpus in corpora.items():
        if args.one_split and not corpus.split:
            raise ConfigError(f"--one-split: the config of '{name}' names no protocol.split.")
        own = [corpus.split] if args.one_split and corpus.split else args.splits
        rows[name] = _planned(args, name, {
            **corpus.settings(corpus.split), **head,
            **{f'{part}_dataloader': wanted for part in ('train', 'val', 'test')}},
            own)
    if args.joint:
        splits = {name: [run.split for run in runs] for name, runs in rows.items()}
        if not args.one_split and len({tuple(own) for own in splits.values()}) > 1:
            raise ConfigError('--joint: the protocols have other splits ('
                              + '; '.join(f'{k}: {", ".join(v)}' for k, v in splits.items())
                              + '); name some of all with --splits, or take --one-split.')
        members = {name: corpus.settings(corpus.split if args.one_split else None)
                   for name, corpus in corpora.items()}
        first = next(iter(rows.values()))[0].split
        rows[JOINT] = _planned(args, JOINT, {
            'annotation': None, **head,
            'protocol': {'file': None, 'split': None if args.one_split else first},
            'corpora': members, 'joining': {'classes': list(classes), 'outside': 'drop'}},
            None if args.one_split else args.splits)
    return rows


def _planned(args: argparse.Namespace, name: str, changes: dict[str, Any],
             splits: Sequence[str] | None) -> list[Run]:
    folder = Path(args.work_dir) / name
    config = folder / f'{Path(args.configs[0]).stem}_{name}.py'
    write_config(config, args.configs[0], changes)
    return plan(argparse.Namespace(**{**vars(args), 'config': str(config), 'splits': splits,
                                      'work_dir': str(folder)}))


def left_out_lines(corpora: dict[str, Corpus], classes: Sequence[str]) -> list[str]:
    """For each corpus what is left out of it, because its class is not among ``classes``."""
    lines = []
    for name, corpus in corpora.items():
        mapping = class_mapping(corpus.annotations.classes, classes)
        _, counts = labels_inside(corpus.annotations.table, corpus.annotations.classes, mapping)
        if counts:
            lines.append(f'{name}: {left_out_text(counts)} left out')
    return lines


def check_cross_arguments(args: argparse.Namespace) -> None:
    """Refuses flags that do not go together.

    Raises:
        ConfigError: The message names them.
    """
    if not args.cross_corpus:
        given = [flag for flag in ('classes', 'one_split', 'joint') if getattr(args, flag)]
        if given:
            raise ConfigError(f'--{given[0].replace("_", "-")} needs --cross-corpus.')
        return
    if len(args.configs) != 1:
        raise ConfigError('--cross-corpus compares corpora: give one config.')
    if args.protocol:
        raise ConfigError('--cross-corpus: each corpus has a protocol of its own, not --protocol.')
    if args.one_split and args.splits:
        raise ConfigError('--one-split and --splits exclude each other.')
    for key in args.cfg_options:
        if key.startswith(_OWN_KEYS) or key.endswith(('.classes', '.outside')):
            raise ConfigError(f'--cfg-options {key}: --cross-corpus and --classes set it.')


def cross_corpus(args: argparse.Namespace, argv: Sequence[str]) -> int:
    """Runs what the arguments ask for, prints the table; returns the exit status."""
    corpora = read_corpora(args.cross_corpus)
    classes = joined_classes({name: one.annotations.classes for name, one in corpora.items()},
                             args.classes or 'intersection')
    rows = plan_runs(args, corpora, classes)
    words = raw_words(argv)
    failed = complete([run for runs in rows.values() for run in runs], args, words)
    if failed:
        print(f'{len(failed)} runs failed: no table. Run the same command again to repeat them.',
              file=sys.stderr)
        return 1
    tests = [CrossTest(run, corpus) for name, runs in rows.items() if name in corpora
             for run in runs for other, corpus in corpora.items() if other != name]
    complete_tests(tests, args.jobs, words)
    files = {(name, name): [read_predictions(run.predictions) for run in rows[name]]
             for name in corpora}
    for test in tests:
        trained = next(name for name, runs in rows.items() if test.run in runs)
        files.setdefault((trained, test.corpus.name), []).append(read_predictions(test.predictions))
    for name in corpora if args.joint else ():
        files[JOINT, name] = [of_corpus(read_predictions(run.predictions), name)
                              for run in rows[JOINT]]
    result = cross_table(files, list(rows), list(corpora), args.resamples)
    result = {'config': Path(args.configs[0]).stem,
              'seeds': sorted({run.seed for runs in rows.values() for run in runs}),
              'left_out': left_out_lines(corpora, classes), **result}
    print(_text(result))
    for path, text in ((args.markdown, _text(result, markdown=True)),
                       (args.json, json.dumps(result, indent=2, ensure_ascii=False))):
        if path is not None:
            with atomic_write(path) as temporary:
                temporary.write_text(text.rstrip('\n') + '\n', encoding='utf-8')
    return 0


def _text(result: dict[str, Any], markdown: bool = False) -> str:
    lines = [f'{result["config"]}, seed(s) {", ".join(map(str, result["seeds"]))}',
             *result['left_out']]
    head = ('\n\n' if markdown else '\n').join(lines)
    return f'{head}\n\n{format_cross_table(result, markdown)}'
