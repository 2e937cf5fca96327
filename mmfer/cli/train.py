"""Trains a recognizer, and tests it where asked.

The run leaves config, logs and checkpoints in ``--work-dir``
(default ``work_dirs/<config>/seed<S>/<split>``).
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine import Config
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner, find_latest_checkpoint

from mmfer.annotations import read_annotations
from mmfer.cli.common import (
    add_config_arguments,
    add_launcher_arguments,
    load_for,
    reports_errors,
)
from mmfer.cli.costs import CostHook, write_costs
from mmfer.cli.provenance import ProvenanceHook, provenance
from mmfer.cli.recording import COMPARED, RecordSelectionsHook, record_in
from mmfer.cli.testing import set_dump, test_checkpoint
from mmfer.configuration.corpora import joining_rules, joint_members
from mmfer.datasets.joining import joined_classes
from mmfer.errors import ConfigError


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='train', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--work-dir', help='folder of this run')
    parser.add_argument('--resume', nargs='?', const='auto', metavar='CHECKPOINT',
                        help='go on from a checkpoint; without a path from the latest one of '
                             'the working directory, or from the start where there is none')
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')
    parser.add_argument('--no-validate', action='store_true',
                        help='train without the validation that the config asks for')
    parser.add_argument('--auto-scale-lr', action='store_true',
                        help='scale the learning rate by batch size / auto_scale_lr.'
                             'base_batch_size')
    parser.add_argument('--seed', type=int, help="default: the config's, else 0")
    parser.add_argument('--deterministic', action='store_true',
                        help='only deterministic operations (slower on a GPU)')
    parser.add_argument('--dump', metavar='FILE.parquet',
                        help='after training, test the selected checkpoint and write its '
                             'predictions, and beside them run.json with what the run took')
    parser.add_argument('--compare-selection', action='store_true',
                        help='train on the train part only, score selection and test part at '
                             'every validation, and write the predictions that the last '
                             'epoch, the best on the selection part and the best on the test '
                             'part give, to selection_*/predictions.parquet')
    add_launcher_arguments(parser)
    return parser


def prepare(args: argparse.Namespace) -> Config:
    """The run's config with all flags applied.

    Raises:
        ConfigError: A flag would have no effect, or contradicts the config.
    """
    options: dict[str, Any] = {}
    if args.amp:
        options['optim_wrapper.type'] = 'AmpOptimWrapper'
    if args.auto_scale_lr:
        options['auto_scale_lr.enable'] = True
    if args.deterministic:
        options['randomness.deterministic'] = True
    if args.compare_selection:
        options['protocol.selection'] = 'inner'
        if args.dump or args.no_validate:
            raise ConfigError('--compare-selection validates, and writes predictions of its own: '
                              'leave out --dump and --no-validate.')
    cfg = load_for(args, options)
    if args.no_validate:
        _no_validate(cfg, args.dump)
    if args.resume == 'auto':
        cfg.resume = find_latest_checkpoint(cfg.work_dir) is not None
        if cfg.resume:
            cfg.load_from = None
    elif args.resume is not None:
        if not Path(args.resume).is_file():
            raise ConfigError(f"--resume: there is no file '{args.resume}'.")
        cfg.resume, cfg.load_from = True, args.resume
    return cfg


def _no_validate(cfg: Config, dump: str | None) -> None:
    if not cfg.get('val_cfg'):
        raise ConfigError("--no-validate has nothing to switch off: protocol.selection='last' "
                          'trains without validation.')
    if dump:
        raise ConfigError('--dump tests the best checkpoint of the validation, which '
                          "--no-validate switches off; take protocol.selection='last'.")
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    _keep_no_best(cfg)


def _keep_no_best(cfg: Config) -> None:
    """Lets no checkpoint be chosen."""
    for key in ('save_best', 'rule'):
        cfg.default_hooks.checkpoint.pop(key, None)


def train(cfg: Config, dump: str | None = None, compare_selection: bool = False) -> Runner:
    """Trains; with ``dump`` also tests the selected checkpoint and writes predictions.

    With ``compare_selection`` writes the predictions that each way of selecting gives; the
    config is to have ``protocol.selection='inner'``.
    """
    check_classes(cfg)
    facts = provenance(cfg)
    hooks: list[Hook] = []
    if compare_selection:
        _keep_no_best(cfg)
        facts[COMPARED] = True
        hooks.append(RecordSelectionsHook(record_in(cfg, facts)))
    elif dump:
        set_dump(cfg, dump, facts)
    print(f'seed {cfg.randomness.seed}, split {facts["split"]}, selection {facts["selection"]}'
          f', working directory {cfg.work_dir}', flush=True)
    if cfg.get('load_from') is None and 'init_cfg' not in cfg.model.get('backbone', {}):
        print('the trunk starts from random weights: set model.backbone.init_cfg.checkpoint, or '
              'load_from, for a pre-trained one', flush=True)
    runner = Runner.from_cfg(cfg)
    costs = CostHook()
    for hook in (ProvenanceHook(facts), *hooks):
        runner.register_hook(hook)
    runner.register_hook(costs, 'LOWEST')  # waits for no other hook's work at the ends
    runner.train()
    if dump:
        test_checkpoint(runner, selected_checkpoint(cfg), facts)
        if is_main_process():
            write_costs(dump, costs.costs(facts, len(runner.test_dataloader.dataset)))
    return runner


def check_classes(cfg: Config) -> None:
    """Refuses a head whose number of classes is not the dataset's."""
    given = (cfg.model.get('cls_head') or {}).get('num_classes')
    if given is None or not (cfg.get('corpora') or (cfg.get('annotation') or {}).get('file')):
        return
    classes, source = _trained_classes(cfg)
    if len(classes) != given:
        raise ConfigError(
            f'model.cls_head.num_classes={given}, but {source} has '
            f'{len(classes)} classes ({", ".join(classes)}): set '
            f'model.cls_head.num_classes={len(classes)}.')


def _trained_classes(cfg: Config) -> tuple[tuple[str, ...], str]:
    """Names of the classes that training tells apart, and what says so."""
    if cfg.get('corpora'):
        members = joint_members(cfg)
        classes = {name: read_annotations(member['ann_file']).classes
                   for name, member in members.items()}
        rule = joining_rules(cfg)['classes']
        return joined_classes(classes, rule), f'joining.classes={rule!r}'
    dataset = (cfg.get('train_dataloader') or {}).get('dataset') or {}
    own = dataset.get('classes') or read_annotations(cfg.annotation.file).classes
    return tuple(own), cfg.annotation.file


def selected_checkpoint(cfg: Config) -> str:
    """The checkpoint that the protocol's selection rule points at.

    Raises:
        ConfigError: The run has left none.
    """
    if (cfg.get('protocol') or {}).get('selection', 'last') == 'last':
        found = find_latest_checkpoint(cfg.work_dir)
    else:
        best = sorted(Path(cfg.work_dir).glob('best_*.pth'), key=lambda p: p.stat().st_mtime)
        found = str(best[-1]) if best else None
    if found is None:
        raise ConfigError(f"'{cfg.work_dir}' holds no checkpoint to test; does "
                          'default_hooks.checkpoint save one?')
    return str(found)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/train.py``."""
    args = build_parser().parse_args(argv)
    train(prepare(args), args.dump, args.compare_selection)
    return 0


if __name__ == '__main__':
    sys.exit(main())
