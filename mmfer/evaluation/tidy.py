"""Summaries and comparisons as one tidy table: one number a row, everything about it beside."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from mmfer.evaluation.comparison import TESTED

__all__ = ['COLUMNS', 'format_csv']

COLUMNS = ('method', 'against', 'over', 'part', 'quantity', 'value', 'low', 'high', 'std',
           'chance', 'of', 'count', 'units', 'unit', 'p', 'p_holm', 'test', 'warnings', 'notes')
"""``over``: 'clips with a face', 'all clips', 'frames' (with a face) or 'all frames'; ``part``:
the split, 'mean over splits', 'mean over seeds', 'pooled', 'attention' or 'difference'; ``count``
of ``of``: the denominator; shares in 0..1."""

Row = dict[str, Any]


def _scores(part: dict[str, Any], name: str, of: str) -> Iterator[Row]:
    for quantity, score in part['scores'].items():
        low, high = score['interval'] or (None, None)
        yield {'part': name, 'quantity': quantity, 'value': score['value'], 'low': low,
               'high': high, 'of': of, 'count': part['predictions'], 'units': part['units'],
               'unit': part['unit'], 'warnings': ' '.join(score['warnings'])}


def _section(section: dict[str, Any], of: str) -> Iterator[Row]:
    for split in section['splits']:
        yield from _scores(split, split['split'], of)
    for key, part, counted in (('over_splits', 'mean over splits', 'splits'),
                               ('over_seeds', 'mean over seeds', 'seeds')):
        for quantity, spread in (section[key] or {}).items():
            yield {'part': part, 'quantity': quantity, 'value': spread['mean'],
                   'std': spread['std'], 'of': counted, 'count': spread['n']}
    yield from _scores(section['pooled'], 'pooled', of)
    answers = 'frames' if of == 'frames' else 'clips'
    for entry in section['pooled']['recall']:
        yield {'part': 'pooled', 'quantity': f'recall {entry["class"]}', 'value': entry['recall'],
               'of': of, 'count': entry[answers]}


def _summary(summary: dict[str, Any]) -> Iterator[Row]:
    common = {'method': summary['name'], 'notes': '; '.join(summary['notes'])}
    answers = 'frames' if summary['answers'] == 'frames' else 'predictions'
    over = 'frames' if summary['answers'] == 'frames' else 'clips with a face'
    every = 'all frames' if summary['answers'] == 'frames' else 'all clips'
    for section, name in ((summary, over), (summary['all_clips'], every)):
        if section is not None:
            yield from ({**common, 'over': name, **row} for row in _section(section, answers))
    for quantity, entry in (summary['localization'] or {}).items():
        low, high = entry['interval'] or (None, None)
        yield {**common, 'over': over, 'part': 'attention', 'quantity': quantity,
               'value': entry['value'], 'low': low, 'high': high, 'chance': entry['chance'],
               'of': 'predictions', 'count': entry['predictions'], 'units': entry['units'],
               'unit': entry['unit'], 'warnings': ' '.join(entry['warnings'])}


def _comparison(entry: dict[str, Any]) -> Iterator[Row]:
    for name in TESTED:
        test = entry[name]
        kind = 'exact' if test['exact'] else 'random swaps'
        yield {'method': entry['a'], 'against': entry['b'], 'part': 'difference',
               'over': 'frames' if entry['answers'] == 'frames' else entry['over'],
               'quantity': name, 'value': test['difference'], 'of': entry['answers'],
               'count': entry['predictions'], 'units': entry['units'], 'unit': entry['unit'],
               'p': test['p'], 'p_holm': test.get('p_holm'), 'test': f'{test["test"]}, {kind}'}


def format_csv(summaries: Sequence[dict[str, Any]],
               comparisons: Sequence[dict[str, Any]] = ()) -> str:
    """CSV with the columns of :data:`COLUMNS`; empty where a column says nothing of a row.

    Args:
        summaries: Of :func:`~mmfer.evaluation.summary.summarize`.
        comparisons: Of :func:`~mmfer.evaluation.comparison.compare`.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval='', lineterminator='\n')
    writer.writeheader()
    for summary in summaries:
        writer.writerows(_summary(summary))
    for comparison in comparisons:
        writer.writerows(_comparison(comparison))
    return text.getvalue()
