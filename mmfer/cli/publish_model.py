"""Makes a checkpoint ready to be passed on: weights alone, the hash of the file in its name.

The result loads with ``weights_only=True``; its name ends in the first 8 digits of its
sha256, as OpenMMLab's tools expect.
"""
from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from mmfer.checkpoints import load_checkpoint_file, to_plain
from mmfer.cli.common import reports_errors
from mmfer.errors import CheckpointError
from mmfer.fileio import atomic_write

KEPT_META = ('mmfer', 'dataset_meta', 'seed', 'epoch', 'iter', 'mmengine_version')


def publish(source: str | os.PathLike[str], target: str | os.PathLike[str]) -> Path:
    """Writes the weights of ``source`` beside ``target``; returns the file's path.

    Raises:
        CheckpointError: ``source`` is unsafe or holds no weights.
    """
    checkpoint = load_checkpoint_file(source)
    if 'state_dict' not in checkpoint:
        raise CheckpointError(f"'{source}' has no 'state_dict'; publish a checkpoint of "
                              'tools/train.py.')
    meta = checkpoint.get('meta') or {}
    small = {'state_dict': checkpoint['state_dict'],
             'meta': {key: meta[key] for key in KEPT_META if key in meta}}
    target = Path(target).with_suffix('')
    plain = target.with_suffix('.pth')
    with atomic_write(plain) as temporary, open(temporary, 'wb') as f:
        torch.save(to_plain(small), f)
    digest = hashlib.sha256(plain.read_bytes()).hexdigest()
    final = plain.with_name(f'{target.name}-{digest[:8]}.pth')
    os.replace(plain, final)
    return final


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/publish_model.py``."""
    parser = argparse.ArgumentParser(prog='publish_model', description=__doc__)
    parser.add_argument('checkpoint', help='checkpoint of tools/train.py')
    parser.add_argument('out', help='file to write; -<hash> is put before .pth')
    args = parser.parse_args(argv)
    print(publish(args.checkpoint, args.out))
    return 0


if __name__ == '__main__':
    sys.exit(main())
