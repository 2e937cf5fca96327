"""Summaries and comparisons in words: every number with its denominator and its interval."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mmfer.evaluation.comparison import TESTED
from mmfer.evaluation.intervals import FEW_UNITS, NEAR_BOUND
from mmfer.evaluation.rendering import Block, Form, Heading, Notes, Table, Text, render, table

__all__ = ['denominator', 'format_comparisons', 'format_score', 'format_summary', 'part_warnings',
           'score_rows', 'table', 'warning_lines']

_ALPHA = 0.05
_LOCALIZATION = {
    'hit_rate': 'hit rate', 'attention_mass': 'attention mass',
    'last_half_mass': 'mass in last half', 'clip_hit_rate': 'selected short clip',
}
_WARNINGS = {
    'no_interval': 'no interval: a single unit says nothing about others',
    'few_units': f'interval over fewer than {FEW_UNITS} units: expect it to be too narrow',
    'near_bound': f'score above {1 - NEAR_BOUND:.2f} or below {NEAR_BOUND:.2f}: its interval '
                  'rests on a few clips, do not rely on it',
    'no_width': 'interval without width, for every resample repeats the score: it does not '
                'mean that the score is certain',
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


def score_rows(section: dict[str, Any]) -> list[list[str]]:
    """Header, one row per split, mean +- std over splits and over seeds, pooled.

    Args:
        section: A summary, or what it holds under ``all_clips``.
    """
    names = list(section['pooled']['scores'])
    rows = [['', *names, 'of']]
    for split in section['splits']:
        rows.append([split['split'], *(format_score(split['scores'][name]) for name in names),
                     denominator(split)])
    splits, seeds = section['over_splits'], section['over_seeds']
    averaged = f', each the mean of {seeds["WAR"]["n"]} seeds' if seeds else ''
    together = f', each pooled over {splits["WAR"]["n"]} splits' if splits else ''
    for spread, title, of in ((splits, 'mean +- std over splits', f'splits{averaged}'),
                              (seeds, 'mean +- std over seeds', f'seeds{together}')):
        if spread is not None:
            cells = [f'{spread[name]["mean"]:.3f} +- {spread[name]["std"]:.3f}'
                     for name in names]
            rows.append([title, *cells, f'{spread["WAR"]["n"]} {of}'])
    pooled = section['pooled']
    rows.append([f'pooled{", mean over seeds" if seeds else ""}',
                 *(format_score(pooled['scores'][name]) for name in names), denominator(pooled)])
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


def warning_lines(summary: dict[str, Any]) -> list[str]:
    """Which intervals are not to be relied on and why, one line a reason."""
    parts = [(split['split'], split) for split in summary['splits']]
    if len(parts) == 1:  # the pool is that split
        parts = []
    return part_warnings([('pooled', summary['pooled']), *parts])


def part_warnings(parts: Sequence[tuple[str, dict[str, Any]]]) -> list[str]:
    """The same of some parts with scores, by what they are called."""
    found: dict[str, list[str]] = {}
    for place, part in parts:
        by_reason: dict[str, list[str]] = {}
        for name, score in part['scores'].items():
            for reason in score['warnings']:
                by_reason.setdefault(reason, []).append(name)
        for reason, names in by_reason.items():
            # the number of units is that of all scores of a part
            of = (f'{part["units"]} {part["unit"]}' if reason in ('few_units', 'no_interval')
                  else ', '.join(names))
            found.setdefault(reason, []).append(f'{place} ({of})')
    return [f'{text}: {"; ".join(found[reason])}' for reason, text in _WARNINGS.items()
            if reason in found]


def _worth(section: dict[str, Any], answers: str) -> str:
    """What one answer is worth: ``One clip is worth 0.26 points of WAR (100 / 381) ...``."""
    pooled = section['pooled']
    worth, count = pooled['worth'], pooled['predictions']
    one = {'clips': 'clip', 'frames': 'frame'}[answers]
    if answers == 'clips' and count != pooled['clips']:
        one = 'prediction'
    common, rare = (extreme(worth['UAR'], key=worth['UAR'].__getitem__) for extreme in (min, max))
    low, high = (100 * worth['UAR'][name] for name in (common, rare))
    uar = f'{low:.3g}' if low == high else f'from {low:.3g} ({common}) to {high:.3g} ({rare})'
    return (f'One {one} is worth {100 * worth["WAR"]:.3g} points of WAR (100 / {count}); '
            f'of UAR {uar}.')


def _section(summary: dict[str, Any]) -> Iterator[Block]:
    """Scores over the clips, or frames, with a face and, where some have none, over all."""
    unit, answers = summary['pooled']['unit'], summary['answers']
    whole, missing = summary['all_clips'], summary['faceless']
    what = 'Scores over frames' if answers == 'frames' else 'Scores'
    if whole:
        what = f'Scores over {summary["pooled"][answers]} {answers} with a face'
    yield Text(f'{what} [95% interval, bootstrap over {unit}]'
               f'{"; of several seeds the mean" if summary["over_seeds"] else ""}:')
    yield Table(score_rows(summary))
    yield Text(_worth(summary, answers))
    if whole:
        count, unit = whole['pooled'][answers], whole['pooled']['unit']
        without = missing if answers == 'clips' else summary['missed_frames']
        yield Text(f'Scores over all {count} {answers} ({without} without a face count as missed) '
                   f'[95% interval, bootstrap over {unit}]:')
        yield Table(score_rows(whole))
        yield Text(_worth(whole, answers))
    elif missing:
        yield Text(f'{missing} further clips have no face, and so no frames that could count.')
    if summary['coverage']:
        yield Text(coverage_line(summary['coverage'], missing))


def coverage_line(coverage: dict[str, Any], faceless: int) -> str:
    """How much of the tested videos shows a face, in words."""
    share = f'{100 * coverage["mean"]:.1f}%'
    without = f', {faceless} of them without a face' if faceless else ''
    return (f'Coverage: the face was found or tracked on {share} of the frames of a video (mean of '
            f'{coverage["clips"]} tested clips{without}).')


def _summary_blocks(summary: dict[str, Any]) -> Iterator[Block]:
    metadata, seeds = summary['metadata'], summary['seeds']
    settings = [f'protocol {metadata["protocol_name"]}', f'selection {metadata["selection"]}',
                f'{len(summary["splits"])} split(s)',
                f'{len(seeds)} seed(s): {", ".join(map(str, seeds))}']
    yield Heading(summary['name'])
    yield Text('; '.join(settings))
    if summary['notes']:
        yield Notes(tuple(summary['notes']))
    yield from _section(summary)
    warnings = warning_lines(summary)
    if warnings:
        yield Notes(tuple(warnings))
    pooled = 'Pooled confusion matrix' + (', summed over seeds' if len(seeds) > 1 else '')
    yield Text(f'{pooled}:')
    yield Table(_class_rows(summary))
    if summary['localization']:
        yield Text('Localisation of attention [95% interval] beside chance (uniform weights):')
        yield Table(_localization_rows(summary))


def format_summary(summary: dict[str, Any], form: Form = 'text') -> str:
    """All numbers of :func:`mmfer.evaluation.summary.summarize` as tables."""
    return render(_summary_blocks(summary), form)


def _test_name(test: dict[str, Any], unit: str) -> str:
    if test['test'] == 'McNemar':
        return 'McNemar, exact'
    return f'permutation of {unit}, {"exact" if test["exact"] else "random swaps"}'


def _verdict(entry: dict[str, Any], several: bool) -> str:
    """The difference in clips and points, and whether it is significant."""
    test, answers, count = entry['WAR'], entry['answers'], entry['predictions']
    number = abs(test['answers'])
    whole = abs(number - round(number)) < 1e-6
    text = f'{round(number)}' if whole else f'{number:.2f}'
    noun = answers[:-1] if text == '1' else answers
    p, name = (test['p_holm'], 'p (Holm)') if several else (test['p'], 'p')
    apart = '' if entry['only_a'] is None else (
        f'; {entry["only_a"]} right in {entry["a"]} only, {entry["only_b"]} in {entry["b"]} only')
    return (f'{entry["a"]} against {entry["b"]}: the difference in WAR is {text} {noun} of {count} '
            f'({100 * abs(test["difference"]):.2f} points), '
            f'{"significant" if p <= _ALPHA else "not significant"} at {_ALPHA} ({name} = {p:.4f}, '
            f'{_test_name(test, entry["unit"])}{apart}).')


def _comparison_blocks(comparisons: Sequence[dict[str, Any]]) -> Iterator[Block]:
    several = len(comparisons) > 1
    rows = [['A against B', 'score', 'A - B', 'p', *(['p (Holm)'] if several else []), 'test',
             'of']]
    for entry in comparisons:
        for name in TESTED:
            test = entry[name]
            rows.append([
                f'{entry["a"]} against {entry["b"]}', name, f'{test["difference"]:+.3f}',
                f'{test["p"]:.4f}', *([f'{test["p_holm"]:.4f}'] if several else []),
                _test_name(test, entry['unit']),
                f'{entry["units"]} {entry["unit"]}, {test["differing_units"]} differ'])
    yield Text('Paired tests on the same clips:')
    yield Table(rows)
    for entry in comparisons:
        yield Text(_verdict(entry, several))
        if entry['over'] == 'all clips':
            yield Text(f'Over all clips, those without a face counted as missed: '
                       f'{entry["missed_a"]} of {entry["a"]}, {entry["missed_b"]} of '
                       f'{entry["b"]}.')


def format_comparisons(comparisons: Sequence[dict[str, Any]], form: Form = 'text') -> str:
    """Paired tests of one or several pairs of methods, as one table and a verdict each."""
    return render(_comparison_blocks(comparisons), form)
