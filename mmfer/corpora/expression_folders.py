"""Corpora that sort their clips into a folder for each expression."""
from __future__ import annotations

from collections.abc import Sequence

from mmfer.corpora.source import Source
from mmfer.corpora.traversal import list_folder
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import canonical


def expression_folders(source: Source, relative: str, classes: Sequence[str]
                       ) -> list[tuple[str, int]]:
    """(name, index of its class) of each expression's folder below ``root``/``relative``.

    Sorted by name; a name may be any alias of an expression, in any case. What is no folder
    of one of the classes is reported.
    """
    try:
        folders, files = list_folder(source.root / relative, source.report)
    except CorpusError as error:
        source.report.add(relative, f'{error}; left out')
        return []
    for name in files:
        source.report.add(f'{relative}/{name}', "a file among the expressions' folders; left out")
    found = []
    for name in folders:
        try:
            label = canonical(name)
            if label not in classes:
                raise AnnotationError(f'{label} is no class of this corpus '
                                      f'({", ".join(classes)})')
        except AnnotationError as error:
            source.report.add(f'{relative}/{name}', f'{error}; left out')
            continue
        found.append((name, classes.index(label)))
    return found
