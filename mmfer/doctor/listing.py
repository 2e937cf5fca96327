"""Checks that need no picture: counts, entries, splits, faces that are missing, labels."""
from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from mmfer.annotations import Annotations
from mmfer.corpora import Conversion, Corpus
from mmfer.corpora.report import deviations
from mmfer.doctor.conventions import exchanged_classes, readings, shifted_codes
from mmfer.doctor.findings import Finding
from mmfer.errors import ProtocolError
from mmfer.protocols import Protocol

_REFUSED = re.compile(r"label '([^']*)' is not a code of ")
_NUMBER = re.compile(r"label '([^']*)' is a number")


def check_counts(conversion: Conversion) -> Finding:
    """Counts per class, subject and part against the published ones."""
    return Finding('counts against the published ones',
                   tuple(deviations(conversion.found, conversion.known)),
                   () if conversion.known else ('no published counts are known',))


def check_entries(conversion: Conversion) -> Finding:
    """Everything that the conversion could not use, or had to guess about."""
    report = conversion.report
    ignored = sum(report.ignored.values())
    remarks = (*report.notes, *((f'{ignored} files of other kinds ignored', ) if ignored else ()))
    return Finding('missing, unreadable, empty or odd entries',
                   tuple(f'{entry}: {problem}' for entry, problem in report.problems), remarks)


def check_protocols(corpus: Corpus, annotations: Annotations, conversion: Conversion,
                    seed: int = 0) -> tuple[dict[str, Protocol], Finding]:
    """Makes the corpus's protocols; their leaks, and test parts of other sizes.

    Returns:
        The protocols by the stem of their file, none where one of them leaks, and the
        finding.
    """
    title = 'splits: leaks, and sizes against the published ones'
    try:
        made = corpus.protocols(annotations, conversion, seed)
    except ProtocolError as error:
        return {}, Finding(title, (str(error), ))
    problems, remarks = [], []
    for stem, protocol in made.items():
        sizes = tuple(len(split.test) for split in protocol.splits)
        known = corpus.known_tests.get(stem)
        if known is not None and sizes != known:
            problems.append(f'{stem}: the test parts hold {_listed(sizes)} clips, as published '
                            f'{_listed(known)}')
        if not protocol.subject_disjoint:
            remarks.append(f'{stem} is not subject-disjoint')
    return made, Finding(title, tuple(problems), tuple(remarks))


def _listed(sizes: Sequence[int]) -> str:
    return ', '.join(map(str, sizes))


def check_faces(annotations: Annotations) -> Finding:
    """Clips in none, or not in all, of whose frames there is a face crop."""
    problems, gaps, frames = [], 0, 0
    for row in annotations.rows:
        if not row['num_frames']:
            problems.append(f'clip {row["clip"]!r}: no frame at all')
            continue
        numbers = row.get('frame_numbers')
        length = max(len(row.get('frame_labels', ())), numbers[-1] if numbers else 0)
        if length > row['num_frames']:
            gaps += 1
            frames += length - row['num_frames']
    remarks = (f'{frames} frames are missing within {gaps} other clips', ) if gaps else ()
    return Finding('clips without a face', tuple(problems), remarks)


def check_labels(corpus: str, conversion: Conversion) -> Finding:
    """Signs that labels are numbered as elsewhere."""
    per_class = {name: conversion.found.get(name, 0) for name in conversion.metainfo['classes']}
    known = {name: count for name, count in conversion.known.items() if name in per_class}
    refused = Counter(match[1].strip() for _, problem in conversion.report.problems
                      if (match := _REFUSED.search(problem)))
    problems = [*exchanged_classes(per_class, known),
                *shifted_codes(corpus, refused, per_class), *_exchanged_parts(conversion)]
    numbers = Counter(match[1] for _, problem in conversion.report.problems
                      if (match := _NUMBER.search(problem)))
    if numbers:
        problems.append(f'{sum(numbers.values())} labels are numbers, which mean something else '
                        'in every repository; write names')
        problems += readings(numbers)
    return Finding("labels numbered in another repository's order", tuple(problems))


def _exchanged_parts(conversion: Conversion) -> list[str]:
    """The same for counts of one part, which tables name ``test anger`` and so on."""
    classes = conversion.metainfo['classes']
    lines = []
    for part in ('train', 'test'):
        found, known = ({name: counts[f'{part} {name}'] for name in classes
                         if f'{part} {name}' in counts}
                        for counts in (conversion.found, conversion.known))
        lines += [f'{part} part: {line}' for line in exchanged_classes(found, known)]
    return lines
