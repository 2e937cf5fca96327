"""``tools/prepare.py``: a corpus on disk -> annotation file and protocol files."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmfer import protocols
from mmfer.annotations import Annotations, read_annotations, write_annotations
from mmfer.corpora import Conversion, ckplus, generic
from mmfer.errors import MMFERError
from mmfer.labels import EXPRESSIONS


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        for line in args.run(args):
            print(line)
    except MMFERError as error:
        print(f'{type(error).__name__}: {error}', file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='prepare.py', description='Write the annotation file and protocol files of a corpus.',
        epilog='Odd entries are listed and the rest is converted; layouts: docs/corpora.md.')
    commands = parser.add_subparsers(required=True, metavar='CORPUS')

    command = commands.add_parser('ckplus', help='Extended Cohn-Kanade (CK+)')
    command.add_argument('--root', type=Path, required=True,
                         help='folder that holds cohn-kanade-images/ and Emotion/')
    command.add_argument('--frames', type=Path,
                         help='own face crops in the layout of cohn-kanade-images/, used instead')
    command.add_argument('--keep-unlabelled', action='store_true',
                         help='keep sequences without a label too, as rows without label')
    command.set_defaults(run=_ckplus)
    _add_common(command)

    command = commands.add_parser('generic', help='own clips and a CSV clip,label[,subject,...]')
    command.add_argument('--frames', type=Path, required=True,
                         help='folder of frame folders, videos or images')
    command.add_argument('--labels', type=Path, required=True,
                         help='CSV clip,label[,subject][,fold][,split][,apex_start,apex_end]')
    command.add_argument('--classes', nargs='+', metavar='NAME',
                         help=f'which expressions, in which order, of: {", ".join(EXPRESSIONS)}; '
                              'default: those found')
    command.add_argument('--folds', type=int, metavar='N',
                         help='also write a protocol of N folds, by subject where there are any')
    command.add_argument('--random-splits', type=int, metavar='N',
                         help='also write N random divisions of the clips, 80%% for training; '
                              'people are shared between training and test')
    command.add_argument('--start-index', type=int, metavar='N',
                         help='number in the file name of frame 1; default: the lowest of a folder')
    command.set_defaults(run=_generic)
    _add_common(command)
    return parser


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument('--out', type=Path, required=True, help='folder for the files')
    command.add_argument('--seed', type=int, default=0, help='of random divisions; default: 0')
    command.add_argument('--no-verify', action='store_true',
                         help='do not look into each image for truncation')


def _ckplus(args: argparse.Namespace) -> list[str]:
    conversion = ckplus.convert(args.root, args.frames, args.keep_unlabelled,
                                not args.no_verify)
    lines, annotations = _write(conversion, args.frames or args.root, args.out)
    tenfold = protocols.step_kfold(annotations, seed=args.seed)
    lines += _write_protocol(args.out / 'protocol_10fold.json', tenfold)
    sizes = tuple(len(split.test) for split in tenfold.splits)
    if sizes != ckplus.KNOWN_FOLDS:
        lines.append("  deviation: CK+'s folds hold "
                     f'{", ".join(map(str, ckplus.KNOWN_FOLDS))} sequences')
    random = protocols.random_splits(annotations, seed=args.seed)
    return lines + _write_protocol(args.out / 'protocol_random80.json', random)


def _generic(args: argparse.Namespace) -> list[str]:
    conversion = generic.convert(args.frames, args.labels, args.classes, not args.no_verify,
                                 args.start_index)
    lines, annotations = _write(conversion, args.frames, args.out)
    if any('fold' in row for row in annotations.rows):
        lines += _write_protocol(args.out / 'protocol_fold.json',
                                 protocols.column_folds(annotations, seed=args.seed))
    if any('split' in row for row in annotations.rows):
        lines += _write_protocol(args.out / 'protocol_split.json',
                                 protocols.column_split(annotations, seed=args.seed))
    if args.folds is not None:
        lines += _write_protocol(args.out / f'protocol_{args.folds}fold.json',
                                 protocols.subject_kfold(annotations, args.folds, args.seed))
    if args.random_splits is not None:
        random = protocols.random_splits(annotations, args.random_splits, seed=args.seed)
        lines += _write_protocol(args.out / 'protocol_random80.json', random)
    return lines


def _write(conversion: Conversion, root: Path, out: Path) -> tuple[list[str], Annotations]:
    """Writes and reads back the annotation file; returns what to print of it."""
    path = out / 'annotations.json'
    write_annotations(path, conversion.metainfo, conversion.rows)
    lines = [*conversion.table(), *conversion.report.lines(),
             f'wrote {path} ({len(conversion.rows)} clips; frames below {root})']
    return lines, read_annotations(path)


def _write_protocol(path: Path, protocol: protocols.Protocol) -> list[str]:
    """Writes a protocol; returns a line about it, and a warning where subjects are shared."""
    protocols.write_protocol(path, protocol)
    sizes = [len(split.test) for split in protocol.splits]
    lines = [f'wrote {path} ({len(sizes)} splits; test clips {", ".join(map(str, sizes))}; '
             f'{"subject-disjoint" if protocol.subject_disjoint else "not subject-disjoint"})']
    if not protocol.subject_disjoint:
        lines.append('  note: this protocol is not subject-disjoint: training and test may show '
                     'the same people, so its scores say little about new people')
    return lines
