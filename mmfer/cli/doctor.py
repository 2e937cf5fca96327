"""``tools/doctor.py``: checks a copy of a corpus, and says what is wrong with it."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mmfer.annotations import Annotations
from mmfer.cli.counter import Counter
from mmfer.cli.prepare import add_source_arguments, corpus_options
from mmfer.corpora import CORPORA, Source
from mmfer.doctor.findings import SHOWN, Finding, healthy
from mmfer.doctor.listing import (
    check_counts,
    check_entries,
    check_faces,
    check_labels,
    check_protocols,
)
from mmfer.errors import MMFERError

HEALTHY, ILL, UNCHECKED = 0, 1, 2
"""Exit statuses: nothing was found, something was found, the copy could not be checked."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command; returns its exit status."""
    args = _parser().parse_args(argv)
    try:
        findings = examine(args)
    except MMFERError as error:
        print(f'{type(error).__name__}: {error}', file=sys.stderr)
        return UNCHECKED
    for finding in findings:
        for line in finding.lines(None if args.all else SHOWN):
            print(line.encode('utf-8', 'backslashreplace').decode())
    well = healthy(findings)
    count = sum(bool(finding.problems) for finding in findings)
    print('nothing is wrong' if well else f'{count} of {len(findings)} checks found something')
    return HEALTHY if well else ILL


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='doctor.py',
        description='Check a copy of a corpus: counts, entries, splits, labels, duplicates.',
        epilog=f'Exit status: {HEALTHY} nothing found, {ILL} something found, {UNCHECKED} could '
               'not be checked. Nothing is changed.')
    commands = parser.add_subparsers(required=True, metavar='CORPUS', dest='corpus')
    for corpus in CORPORA.values():
        command = commands.add_parser(corpus.name, help=corpus.title)
        add_source_arguments(command, corpus)
        command.add_argument('--open', action='store_true',
                             help='open every medium too: damaged files, and clips that look the '
                                  'same across splits. Without it only folders and lists are read')
        command.add_argument('--faces', action='store_true',
                             help='look for a face on three frames of each clip '
                                  'as well, and open every medium for it (needs mmfer[faces])')
        command.add_argument('--all', action='store_true',
                             help=f'name every problem, not the first {SHOWN} of each check')
    return parser


def examine(args: argparse.Namespace) -> list[Finding]:
    """All checks that the arguments ask for.

    Raises:
        MMFERError: the copy could not be checked.
    """
    args.open |= args.faces
    corpus = CORPORA[args.corpus]
    with Counter('clips read') as counter:
        source = Source(args.root, getattr(args, 'frames', None), verify=args.open,
                        listing=not args.open, progress=counter)
        conversion = corpus.convert(source, **corpus_options(args, corpus))
    root = source.frames or source.root
    rows = sorted(conversion.rows, key=lambda row: row['clip'])
    annotations = Annotations(conversion.metainfo, rows, root)
    made, splits = check_protocols(corpus, annotations, conversion)
    findings = [check_counts(conversion), check_entries(conversion), splits,
                check_faces(annotations), check_labels(corpus.name, conversion)]
    if args.open:
        # decoders are loaded only where they are needed
        from mmfer.doctor.duplicates import check_duplicates
        from mmfer.doctor.pictures import look
        with Counter('clips looked at', len(rows)) as counter:
            seen = look(annotations, root, args.faces, counter)
        findings += [*seen.findings(args.faces), check_duplicates(seen.pairs(), made)]
    return findings
