"""Tests a checkpoint on the test part of a protocol's split, or on another corpus (--on)."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from mmengine import Config
from mmengine.runner import Runner

from mmfer.checkpoints import load_checkpoint_file
from mmfer.cli.common import (
    add_cfg_options,
    add_launcher_arguments,
    load_for,
    reports_errors,
)
from mmfer.cli.other_corpus import (
    add_other_corpus_arguments,
    check_arguments_of,
    describe,
    redirect,
)
from mmfer.cli.provenance import KEY, provenance
from mmfer.cli.testing import set_dump, test_checkpoint
from mmfer.configuration.augmentation import augment


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='test', description=__doc__)
    parser.add_argument('config', help='config file')
    parser.add_argument('checkpoint', help='checkpoint file')
    add_cfg_options(parser)
    parser.add_argument('--work-dir', help='folder of the logs')
    parser.add_argument('--dump', metavar='FILE.parquet', help='write the predictions')
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')
    parser.add_argument('--tta', action='store_true',
                        help='test-time augmentation: average the answers to several views of '
                             "each clip, the config's tta_pipeline and tta_model, or else the "
                             'plain one and the flipped one')
    parser.add_argument('--seed', type=int,
                        help='seed that the predictions are labelled with; default: the '
                             'one that the checkpoint was trained with')
    add_other_corpus_arguments(parser)
    add_launcher_arguments(parser)
    return parser


def prepare(args: argparse.Namespace) -> Config:
    """The run's config with all flags but those of another corpus applied."""
    check_arguments_of(args)
    if args.seed is None:
        meta = load_checkpoint_file(args.checkpoint).get('meta') or {}
        args.seed = (meta.get(KEY) or {}).get('seed', meta.get('seed'))
    cfg = load_for(args, {'test_cfg.fp16': True} if args.amp else {})
    if args.tta:
        augment(cfg)
    # nothing is trained: neither the data of training nor pre-trained weights are needed
    cfg.train_dataloader = cfg.train_cfg = cfg.optim_wrapper = None
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    cfg.param_scheduler = None
    cfg.load_from, cfg.resume = None, False
    return cfg


def test(cfg: Config, checkpoint: str, dump: str | None = None,
         facts: dict[str, Any] | None = None) -> dict[str, float]:
    """Tests ``checkpoint``; with ``dump`` writes the predictions.

    Args:
        cfg: The run's config.
        checkpoint: Its path.
        dump: Predictions file.
        facts: What the predictions say of themselves; default: what the config names.
    """
    facts = provenance(cfg) if facts is None else facts
    if dump:
        set_dump(cfg, dump, facts)
    return test_checkpoint(Runner.from_cfg(cfg), checkpoint, facts)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/test.py``."""
    args = build_parser().parse_args(argv)
    cfg, facts = prepare(args), None
    if args.on:
        facts = redirect(cfg, args)
        print(describe(facts, args), flush=True)
    test(cfg, args.checkpoint, args.dump, facts)
    return 0


if __name__ == '__main__':
    sys.exit(main())
