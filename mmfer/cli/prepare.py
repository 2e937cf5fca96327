"""``tools/prepare.py``: a corpus on disk -> annotation file and protocol files."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmfer import protocols
from mmfer.annotations import Annotations, read_annotations, write_annotations
from mmfer.cli.counter import Counter
from mmfer.corpora import CORPORA, Conversion, Corpus, Source
from mmfer.corpora.face_ledger import find_ledger
from mmfer.errors import MMFERError


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        for line in prepare(args):
            print(line)
    except MMFERError as error:
        print(f'{type(error).__name__}: {error}', file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='prepare.py', description='Write the annotation file and protocol files of a corpus.',
        epilog='Odd entries are listed and the rest is converted; layouts: docs/corpora.md.')
    commands = parser.add_subparsers(required=True, metavar='CORPUS', dest='corpus')
    for corpus in CORPORA.values():
        command = commands.add_parser(corpus.name, help=corpus.title)
        add_source_arguments(command, corpus)
        command.add_argument('--out', type=Path, required=True, help='folder for the files')
        command.add_argument('--folds', type=int, metavar='N',
                             help='also write a protocol of N folds, by subject where there are '
                                  'any')
        command.add_argument('--random-splits', type=int, metavar='N',
                             help='also write N random divisions of the clips, 80%% for training; '
                                  'people are shared between training and test')
        command.add_argument('--seed', type=int, default=0,
                             help='of random divisions; default: 0')
        command.add_argument('--no-verify', action='store_true',
                             help='do not look into each image for truncation')
    return parser


def add_source_arguments(command: argparse.ArgumentParser, corpus: Corpus) -> None:
    """Where a copy of a corpus lies, and the corpus's own options."""
    command.add_argument('--root', type=Path, required=True, help=corpus.root_help)
    if corpus.takes_frames:
        command.add_argument('--frames', type=Path,
                             help='own face crops, laid out as the media are, used instead')
    for option in corpus.options:
        command.add_argument(option.flag, **option.settings)


def corpus_options(args: argparse.Namespace, corpus: Corpus) -> dict[str, object]:
    """The values of a corpus's own options, by the names of its converter's arguments."""
    names = [option.flag.lstrip('-').replace('-', '_') for option in corpus.options]
    return {name: getattr(args, name) for name in names}


def prepare(args: argparse.Namespace) -> list[str]:
    """Converts a corpus and writes its files; returns what to print."""
    corpus = CORPORA[args.corpus]
    with Counter('clips read') as counter:
        frames = getattr(args, 'frames', None)
        crops = frames if corpus.takes_frames else args.root
        source = Source(args.root, frames, verify=not args.no_verify, progress=counter,
                        faces=None if crops is None else find_ledger(crops))
        conversion = corpus.convert(source, **corpus_options(args, corpus))
    if source.faces is not None:
        source.faces.conclude(source.report)
        conversion.metainfo['ledger_hash'] = source.faces.hash
    lines, annotations = _write(conversion, source.frames or source.root, args.out)
    made = corpus.protocols(annotations, conversion, args.seed)
    if args.folds is not None:
        made[f'protocol_{args.folds}fold'] = protocols.subject_kfold(
            annotations, args.folds, args.seed)
    if args.random_splits is not None:
        made['protocol_random80'] = protocols.random_splits(
            annotations, args.random_splits, seed=args.seed)
    for stem, protocol in made.items():
        lines += _write_protocol(args.out / f'{stem}.json', protocol,
                                 corpus.known_tests.get(stem))
    return lines


def _write(conversion: Conversion, root: Path, out: Path) -> tuple[list[str], Annotations]:
    """Writes and reads back the annotation file; returns what to print of it."""
    path = out / 'annotations.json'
    write_annotations(path, conversion.metainfo, conversion.rows)
    lines = [*conversion.table(), *conversion.report.lines(),
             f'wrote {path} ({len(conversion.rows)} clips; frames below {root})']
    return lines, read_annotations(path)


def _write_protocol(path: Path, protocol: protocols.Protocol,
                    known: tuple[int, ...] | None) -> list[str]:
    """Writes a protocol; returns a line about it, and what a user must know of it."""
    protocols.write_protocol(path, protocol)
    sizes = tuple(len(split.test) for split in protocol.splits)
    lines = [f'wrote {path} ({len(sizes)} splits; test clips {", ".join(map(str, sizes))}; '
             f'{"subject-disjoint" if protocol.subject_disjoint else "not subject-disjoint"}; '
             f'{_selection(protocol)})']
    if known is not None and sizes != known:
        lines.append(f'  deviation: the published test parts hold {", ".join(map(str, known))} '
                     'clips')
    if not protocol.subject_disjoint:
        lines.append('  note: this protocol is not subject-disjoint: training and test may show '
                     'the same people, so its scores say little about new people')
    return lines


def _selection(protocol: protocols.Protocol) -> str:
    """Where the selection parts of a protocol come from."""
    if not any(split.selection for split in protocol.splits):
        return 'no selection part'
    given = protocol.selection_by == protocols.GIVEN
    return 'selection part given' if given else f'selection part by {protocol.selection_by}'
