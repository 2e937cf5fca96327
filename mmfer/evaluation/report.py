"""Summaries as text and Markdown: every number with its denominator and its interval."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_LOCALIZATION = {
    'hit_rate': 'hit rate', 'attention_mass': 'attention mass',
    'last_half_mass': 'mass in last half', 'clip_hit_rate': 'selected short clip',
}


def format_score(score: dict[str, Any]) -> str:
    """``0.812 [0.742, 0.871]``, or without an interval where there is none."""
    interval = score['interval']
    if interval is None:
        return f'{score["value"]:.3f} [no interval]'
    return f'{score["value"]:.3f} [{interval[0]:.3f}, {interval[1]:.3f}]'


def denominator(part: dict[str, Any]) -> str:
    """``327 clips of 118 subjects``; repeated splits also say how often clips were tested.

    Of answers per frame ``41,000 frames of 71 clips``, frames first.
    """
    clips, answers = f'{part["clips"]} clips', part['clips']
    if 'frames' in part:
        clips, answers = f'{part["frames"]} frames of {clips}', part['frames']
    if part['predictions'] != answers:
        clips = f'{part["predictions"]} predictions of {clips}'
    return clips if part['unit'] == 'clips' else f'{clips}, {part["units"]} {part["unit"]}'


def table(rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """Aligns rows of cells; the first row is the header, the first column is text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for cells in rows:
        padded = [cell.ljust(width) if index == 0 else cell.rjust(width)
                  for index, (cell, width) in enumerate(zip(cells, widths, strict=True))]
        lines.append(f'| {" | ".join(padded)} |' if markdown else '  '.join(padded).rstrip())
    rule = ['-' * width if index == 0 else '-' * (width - 1) + ':'
            for index, width in enumerate(widths)]
    lines.insert(1, f'| {" | ".join(rule)} |' if markdown
                 else '  '.join('-' * width for width in widths))
    return '\n'.join(lines)


def score_rows(summary: dict[str, Any]) -> list[list[str]]:
    """Header, one row per split, mean +- std over splits and over seeds, pooled."""
    names = list(summary['pooled']['scores'])
    rows = [['', *names, 'of']]
    for split in summary['splits']:
        rows.append([split['split'], *(format_score(split['scores'][name]) for name in names),
                     denominator(split)])
    for key, title, of in (('over_splits', 'mean +- std over splits', 'splits'),
                           ('over_seeds', 'pooled, mean +- std over seeds', 'seeds')):
        spread = summary[key]
        if spread is not None:
            cells = [f'{spread[name]["mean"]:.3f} +- {spread[name]["std"]:.3f}'
                     for name in names]
            rows.append([title, *cells, f'{spread["WAR"]["n"]} {of}'])
    pooled = summary['pooled']
    rows.append(['pooled', *(format_score(pooled['scores'][name]) for name in names),
                 denominator(pooled)])
    return rows


def _class_rows(summary: dict[str, Any]) -> list[list[str]]:
    """Per-class recall beside the confusion matrix of all pooled predictions."""
    pooled, answers = summary['pooled'], summary['answers']
    rows = [['true \\ predicted', *summary['metadata']['classes'], 'recall', answers]]
    for entry, counts in zip(pooled['recall'], pooled['confusion'], strict=True):
        recall = 'absent' if entry['recall'] is None else f'{entry["recall"]:.3f}'
        rows.append([entry['class'], *map(str, counts), recall, str(entry[answers])])
    return rows


def _localization_rows(summary: dict[str, Any]) -> list[list[str]]:
    rows = [['attention', 'value', 'chance', 'of']]
    for name, title in _LOCALIZATION.items():
        entry = summary['localization'].get(name)
        if entry is not None:
            rows.append([title, format_score(entry), f'{entry["chance"]:.3f}',
                         f'{entry["predictions"]} predictions, {entry["units"]} {entry["unit"]}'])
    return rows


def format_summary(summary: dict[str, Any], markdown: bool = False) -> str:
    """All numbers of :func:`mmfer.evaluation.folds.summarize` as tables."""
    metadata, seeds = summary['metadata'], summary['seeds']
    title = f'{metadata["config_name"] or "predictions"}'
    settings = [f'protocol {metadata["protocol_name"]}', f'selection {metadata["selection"]}',
                f'{len(summary["splits"])} split(s)',
                f'{len(seeds)} seed(s): {", ".join(map(str, seeds))}']
    lines = [f'### {title}' if markdown else title, '', '; '.join(settings)]
    lines += [f'**{note}**' if markdown else f'!! {note}' for note in summary['notes']]
    unit = summary['pooled']['unit']
    what = 'Scores over frames' if summary['answers'] == 'frames' else 'Scores'
    lines += ['', f'{what} [95% interval, bootstrap over {unit}]; of several seeds the mean:', '',
              table(score_rows(summary), markdown), '']
    if any(_degenerate(part) for part in (*summary['splits'], summary['pooled'])):
        lines += ['An interval without width comes from scores that every resample repeats, '
                  'such as a perfect one; it does not mean that the score is certain.', '']
    pooled = 'Pooled confusion matrix' + (', summed over seeds' if len(seeds) > 1 else '')
    lines += [f'{pooled}:', '', table(_class_rows(summary), markdown), '']
    if summary['localization']:
        lines += ['Localisation of attention [95% interval] beside chance (uniform weights):',
                  '', table(_localization_rows(summary), markdown), '']
    return '\n'.join(lines)


def _degenerate(part: dict[str, Any]) -> bool:
    intervals = [score['interval'] for score in part['scores'].values()]
    return any(interval is not None and interval[0] == interval[1] for interval in intervals)


def format_comparisons(comparisons: Sequence[dict[str, Any]], markdown: bool = False) -> str:
    """Paired tests of one method against others, as one table."""
    several = len(comparisons) > 1
    rows = [['A against B', 'score', 'A - B', 'p', *(['p (Holm)'] if several else []), 'of']]
    lines = ['Paired permutation test, swapping the answers of whole units:', '']
    extra = []
    for entry in comparisons:
        for name in ('WAR', 'UAR'):
            test = entry[name]
            kind = 'exact' if test['exact'] else 'random swaps'
            rows.append([
                f'{entry["a"]} against {entry["b"]}', name, f'{test["difference"]:+.3f}',
                f'{test["p"]:.4f}', *([f'{test["p_holm"]:.4f}'] if several else []),
                f'{entry["units"]} {entry["unit"]}, {test["differing_units"]} differ ({kind})'])
        if entry['mcnemar'] is not None:
            extra.append(f'McNemar, exact, {entry["a"]} against {entry["b"]} '
                         f'({entry["units"]} independent clips): p = {entry["mcnemar"]:.4f}')
    return '\n'.join([*lines, table(rows, markdown), '', *extra, *([''] if extra else [])])
