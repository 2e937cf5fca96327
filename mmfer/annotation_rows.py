"""Checks of the parts of an annotation file; each returns what is wrong, or ''.

:mod:`mmfer.annotation_screen` finds most rows good many at a time; these say what is wrong with
the others.
"""
from __future__ import annotations

import math
import re
from typing import Any

from mmfer.annotation_faces import face_problem

FIELDS = ('clip', 'frames', 'num_frames', 'filename_tmpl', 'start_index',
          'frame_numbers', 'label', 'label_distribution', 'frame_labels', 'subject', 'apex',
          'face_status')
"""Fields with a meaning of their own; all others are slice columns."""
KNOWN = frozenset(FIELDS)
MAX_NUMBER = 2**31 - 1
DISTRIBUTION_TOLERANCE = 1e-4
"""How far the sum of a label distribution may be from 1: shares are written rounded."""
TEMPLATE = re.compile(r'(?:[^/\\{}\0]|\{\{|\}\})*\{:(?:0[1-9][0-9]?)?d\}(?:[^/\\{}\0]|\{\{|\}\})*')
"""File names with exactly one integer, such as ``S005_001_{:08d}.png``; no folders."""


def check_metainfo(metainfo: Any, version: int) -> str:
    """What is wrong with the metainfo of an annotation file, or ''."""
    if not isinstance(metainfo, dict):
        return 'missing; it must be an object with format, corpus and classes'
    if metainfo.get('format') != version:
        return (f'field \'format\': {metainfo.get("format")!r} is not {version}, the version '
                'that this mmfer reads; prepare the corpus again')
    if not isinstance(metainfo.get('corpus'), str):
        return "field 'corpus': the corpus's name is missing"
    classes = metainfo.get('classes')
    if (not isinstance(classes, list) or not classes
            or not all(isinstance(name, str) and name for name in classes)):
        return f"field 'classes': {classes!r} is not a list of names"
    if len(set(classes)) != len(classes):
        return f"field 'classes': a name occurs twice in {classes}"
    if not isinstance(metainfo.get('ledger_hash'), (str, type(None))):
        return "field 'ledger_hash': neither text nor null"
    return ''


def check_relative(path: Any) -> str:
    """Why ``path`` is not a POSIX path inside a root, judged by its text, or ''."""
    if not _is_text(path):
        return 'is not a non-empty text'
    if path[0] == '/' or path[1:2] == ':':
        return 'is absolute'
    if '\\' in path:
        return 'has a backslash; separate folders by "/"'
    if '..' in path and '..' in path.split('/'):
        return 'has a ".." part'
    return ''


def check_row(row: Any, num_classes: int, templates: set[str]) -> str:
    """What is wrong with a row, as "field 'x': ...", or ''.

    Args:
        row: The row.
        num_classes: Number of classes that labels index.
        templates: File name templates that are known to be good; grows.
    """
    if not isinstance(row, dict):
        return f'is {type(row).__name__}, not an object'
    if not _is_text(row.get('clip')):
        return f'field \'clip\': {row.get("clip")!r} is not a non-empty text'
    problem = check_relative(row.get('frames'))
    if problem:
        return f'field \'frames\': {row.get("frames")!r} {problem}'
    if not _is_number(row.get('num_frames'), 0):
        return f'field \'num_frames\': {row.get("num_frames")!r} is not a number from 0'
    if 'filename_tmpl' in row:
        template = row['filename_tmpl']
        if not _is_text(template):
            return f"field 'filename_tmpl': {template!r} is not a non-empty text"
        if template not in templates:
            if not TEMPLATE.fullmatch(template):
                return (f"field 'filename_tmpl': {template!r} is not a file name with one "
                        "number, such as '{:06d}.jpg'")
            templates.add(template)
    if 'start_index' in row and not _is_number(row['start_index'], 0):
        return f'field \'start_index\': {row["start_index"]!r} is not a number from 0'
    return _check_numbers(row) or _check_labels(row, num_classes) or _check_columns(row)


def _check_numbers(row: dict[str, Any]) -> str:
    last = row['num_frames']
    if 'frame_numbers' in row:
        numbers = row['frame_numbers']
        if (not isinstance(numbers, list) or not all(_is_number(n, 1) for n in numbers)
                or any(a >= b for a, b in zip(numbers, numbers[1:]))):
            return "field 'frame_numbers': not a list of ascending numbers from 1"
        if len(numbers) != last:
            return (f"field 'frame_numbers': {len(numbers)} numbers, but num_frames is {last}")
        last = numbers[-1] if numbers else 0
    if 'face_status' in row:
        # N frames of the video, also those behind the last one present
        problem, last = face_problem(row['face_status'], row['num_frames'],
                                     row.get('frame_numbers'), *_own_coverage(row))
        if problem:
            return problem
    if 'frame_labels' in row and isinstance(row['frame_labels'], list):
        if len(row['frame_labels']) < last:
            return (f'field \'frame_labels\': {len(row["frame_labels"])} labels do not reach '
                    f'frame {last} (-1 ignores a frame)')
    if 'apex' in row:
        apex = row['apex']
        if (not isinstance(apex, list) or len(apex) != 2
                or not all(_is_number(n, 1) for n in apex) or not apex[0] <= apex[1] <= last):
            return f"field 'apex': {apex!r} is not [first, last] within frames 1..{last}"
    return ''


def _own_coverage(row: dict[str, Any]) -> list[Any]:
    return [row['coverage']] if 'coverage' in row else []


def _check_labels(row: dict[str, Any], num_classes: int) -> str:
    if 'label' in row:
        if not _is_number(row['label'], 0) or row['label'] >= num_classes:
            return f'field \'label\': {row["label"]!r} is not a class index 0..{num_classes - 1}'
        if 'frame_labels' in row:
            return "field 'frame_labels': a row has a label or frame labels, not both"
        if 'label_distribution' in row:
            problem = check_distribution(row['label_distribution'], num_classes)
            if problem:
                return problem
    elif 'label_distribution' in row:
        return "field 'label_distribution': the row has no label beside it"
    elif 'frame_labels' in row:
        labels = row['frame_labels']
        if not isinstance(labels, list) or not all(
                _is_number(label, -1) and label < num_classes for label in labels):
            return (f"field 'frame_labels': not a list of class indices -1..{num_classes - 1}")
    if 'subject' in row and not _is_text(row['subject']):
        return f'field \'subject\': {row["subject"]!r} is not a non-empty text'
    return ''


def check_distribution(shares: Any, num_classes: int) -> str:
    """What is wrong with a label distribution, as "field 'label_distribution': ...", or ''."""
    if (not isinstance(shares, list) or len(shares) != num_classes
            or not all(type(share) in (int, float) and 0 <= share <= 1 for share in shares)
            or abs(sum(shares) - 1) > DISTRIBUTION_TOLERANCE):
        return (f"field 'label_distribution': not {num_classes} shares, one per class, each in "
                '[0, 1], that sum to 1')
    return ''


def _check_columns(row: dict[str, Any]) -> str:
    if KNOWN.issuperset(row):
        return ''
    for field, value in row.items():
        if field not in KNOWN:
            if (not isinstance(value, (str, int, float, type(None)))
                    or isinstance(value, float) and not math.isfinite(value)):
                return f'field {field!r}: a slice column holds text, a finite number or null'
            if isinstance(value, str) and value and not _is_text(value):
                return f'field {field!r}: {value!r} cannot be stored as UTF-8'
    return ''


def _is_number(value: Any, lowest: int) -> bool:
    # bool is an int to isinstance, not to a reader of JSON
    return type(value) is int and lowest <= value <= MAX_NUMBER


def _is_text(value: Any) -> bool:
    """Whether a value is non-empty text that a file system and UTF-8 can hold."""
    if not isinstance(value, str) or not value or '\0' in value:
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
