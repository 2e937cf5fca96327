"""Converts weights of other projects to the names of our recognizers.

Takes files of FAN's authors (ResNet-18 trunks, trained FAN models), torchvision's,
mmpretrain's and our own checkpoints, and ports of VGGFace. Every key is used, or dropped
by name; anything else is an error. A trunk is used as
``model.backbone.init_cfg.checkpoint=OUT``, a whole model as ``load_from=OUT``.
"""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mmfer.checkpoints import load_checkpoint_file, state_dict_of
from mmfer.cli.common import reports_errors
from mmfer.errors import CheckpointError
from mmfer.fileio import atomic_write
from mmfer.models.conversion import ARCHITECTURES, CODE_CLASSES, MODELS_OF_THE_CODE, convert


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/convert_weights.py``."""
    parser = argparse.ArgumentParser(prog='convert_weights', description=__doc__)
    parser.add_argument('source', metavar='IN', help='checkpoint to convert')
    parser.add_argument('target', metavar='OUT', help='checkpoint to write')
    parser.add_argument('--arch', choices=list(ARCHITECTURES), default='resnet18',
                        help='the trunk')
    parser.add_argument('--to', choices=list(ARCHITECTURES['resnet18']), default='mmpretrain',
                        help="whose trunk the config's backbone is")
    parser.add_argument('--model', choices=MODELS_OF_THE_CODE, default='trunk',
                        help="fan or fan-self: the file is a model trained with FAN's released "
                             'code, of which that part is wanted')
    parser.add_argument('--classes', nargs='+', metavar='NAME',
                        help='with --model fan or fan-self: the order of classes in the '
                             "annotation file (default: the code's own, "
                             f'{" ".join(CODE_CLASSES)})')
    args = parser.parse_args(argv)
    if args.classes and args.model == 'trunk':
        parser.error('--classes is for --model fan and fan-self; a trunk has none')

    state = state_dict_of(load_checkpoint_file(args.source), args.source)
    try:
        result = convert(state, args.arch, args.to, args.model, args.classes)
    except CheckpointError as error:
        raise CheckpointError(f'{args.source}: {error}') from error
    meta = dict(source=Path(args.source).name, arch=args.arch, to=args.to, model=args.model,
                classes=result.classes)
    with atomic_write(args.target) as temporary:
        torch.save(dict(state_dict=result.state_dict, meta=meta), temporary)

    matched = result.trunk_keys - len(result.filled)
    print(f'trunk: {matched} of {result.trunk_keys} keys matched')
    if args.model != 'trunk':
        print(f'attention and classifier: {len(result.state_dict) - result.trunk_keys} keys, '
              f'classes {" ".join(result.classes or [])}')
    if result.filled:
        print(f'set to 0, absent in the file: {len(result.filled)} num_batches_tracked')
    print(f'dropped: {len(result.dropped)}' +
          (f' ({", ".join(sorted(result.dropped))})' if result.dropped else ''))
    print(f'written: {args.target}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
