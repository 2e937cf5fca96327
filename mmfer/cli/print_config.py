"""Prints a config as it is after inheritance, options and resolution."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmfer.cli.common import add_config_arguments, reports_errors
from mmfer.configuration import load_config
from mmfer.fileio import atomic_write


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/print_config.py``."""
    parser = argparse.ArgumentParser(prog='print_config', description=__doc__)
    add_config_arguments(parser)
    parser.add_argument('--out', help='write it to this file instead')
    args = parser.parse_args(argv)
    text = load_config(args.config, args.cfg_options).pretty_text
    if args.out is None:
        print(text)
    else:
        with atomic_write(args.out) as temporary:
            temporary.write_text(text + '\n', encoding='utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
