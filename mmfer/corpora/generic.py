"""One's own videos: a folder of media and a CSV -> annotation rows.

The CSV (UTF-8, with a header; comma, semicolon or tab) has the columns
``clip,label[,subject][,fold][,split][,apex_start,apex_end][,num_frames]``, and any others,
which become columns to slice results by. ``clip`` is a path below the folder of media: a
folder of frames, a video (its suffix may be left out), or one image, a clip of one frame;
``image`` may stand in its place. ``num_frames`` is only compared with what is found.
"""
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmfer.annotations import Row, make_metainfo
from mmfer.corpora.clip_media import find_media
from mmfer.corpora.report import Conversion, Report, class_counts
from mmfer.corpora.table import Record, read_table
from mmfer.errors import AnnotationError, CorpusError
from mmfer.labels import canonical, class_list

KEYS = ('clip', 'image')
RESERVED = ('frames', 'filename_tmpl', 'start_index', 'frame_numbers', 'frame_labels', 'apex')
USED = (*KEYS, 'label', 'apex_start', 'apex_end', 'num_frames')
NEEDED_WHERE_GIVEN = ('fold', 'split')
"""Columns that divide the clips: a row without a value would belong nowhere."""


def convert(frames: Path, labels: Path, classes: Sequence[str] | None = None,
            verify: bool = True, start_index: int | None = None) -> Conversion:
    """Rows of one's own corpus; odd rows are reported one by one and the rest is converted.

    Args:
        frames: Folder of the media; the rows' paths are relative to it.
        labels: The CSV.
        classes: Which expressions, in which order; by default those found, in canonical
            order. Rows with other labels are left out and counted.
        verify: Whether to look into each image for truncation.
        start_index: Number in the file name of frame 1; by default the lowest number in
            each folder. Say 1 where a crop tool dropped frames without a face, so that
            frame numbers stay those of the video.

    Raises:
        CorpusError: for a malformed CSV or where there is nothing to convert.
    """
    if not frames.is_dir():
        raise CorpusError(f'{frames}: no such folder of frames or videos')
    columns, records = read_table(labels)
    key = _check_columns(labels, columns)
    report = Report()
    found: list[tuple[str, Row]] = []
    seen: dict[str, str] = {}
    chosen = None if classes is None else _chosen(classes)
    outside = 0
    for record in records:
        try:
            if record.fault:
                raise CorpusError(record.fault)
            label = _label(record)
            if chosen is not None and label not in chosen:
                outside += 1
                continue
            found.append((label, _row(record, key, frames, report, seen, verify, start_index)))
        except (AnnotationError, CorpusError) as error:
            report.add(record.where, f'{error}; left out')
    if outside:
        report.notes.append(f'rows left out for a label that is not among the classes: {outside}')
    if not found:
        raise CorpusError('\n'.join([f'{labels}: nothing could be converted', *report.lines()]))
    names = chosen or class_list(label for label, _ in found)
    rows = [{**row, 'label': names.index(label)} for label, row in found]
    counts = {'clips': len(rows), 'subjects': len({row.get('subject') for row in rows} - {None}),
              **class_counts(rows, names),
              'fewest frames': min(row['num_frames'] for row in rows),
              'most frames': max(row['num_frames'] for row in rows),
              'frames of all clips': sum(row['num_frames'] for row in rows)}
    return Conversion(make_metainfo('generic', names, rows), rows, report, counts, {})


def _check_columns(labels: Path, columns: list[str]) -> str:
    """The name of the column that names the media; raises CorpusError for a bad header."""
    keys = [key for key in KEYS if key in columns]
    problem = ''
    if len(keys) != 1:
        problem = 'one column must be called clip, or image'
    elif 'label' not in columns:
        problem = 'there is no column called label'
    elif ('apex_start' in columns) != ('apex_end' in columns):
        problem = 'apex_start and apex_end come together'
    elif set(RESERVED) & set(columns):
        problem = f'mmfer fills in {", ".join(sorted(set(RESERVED) & set(columns)))} itself'
    if problem:
        raise CorpusError(f'{labels}: header {",".join(columns)!r}: {problem}')
    return keys[0]


def _chosen(classes: Sequence[str]) -> list[str]:
    names = [canonical(name) for name in classes]
    if len(set(names)) != len(names):
        raise CorpusError(f'a class occurs twice in {" ".join(classes)}')
    return names


def _label(record: Record) -> str:
    text = record.cells['label']
    if not text:
        raise CorpusError("column 'label' is empty")
    try:
        return canonical(text)
    except AnnotationError as error:
        raise CorpusError(f"column 'label': {error}") from error


def _row(record: Record, key: str, frames: Path, report: Report, seen: dict[str, str],
         verify: bool, start_index: int | None) -> Row:
    """The row of one CSV record, label aside; raises where it cannot be one."""
    cells = record.cells
    for column in NEEDED_WHERE_GIVEN:
        if cells.get(column) == '':
            raise CorpusError(f'column {column!r} is empty')
    if not cells[key]:
        raise CorpusError(f'column {key!r} is empty')
    try:
        row = find_media(frames, cells[key], report, verify, start_index)
    except (AnnotationError, CorpusError) as error:
        raise CorpusError(f'column {key!r}: {error}') from error
    if row['frames'] in seen:
        raise CorpusError(f'column {key!r}: {cells[key]!r} is already the clip of '
                          f'{seen[row["frames"]]}')
    for column, text in cells.items():
        if column not in USED and text:
            row[column] = text
    apex = _apex(record, row)
    if apex:
        row['apex'] = apex
    if cells.get('num_frames') and cells['num_frames'] != str(row['num_frames']):
        report.add(record.where, f'column \'num_frames\' says {cells["num_frames"]}, but there '
                                 f'are {row["num_frames"]}; converted with those')
    if cells.get('subject') == '':
        report.add(record.where, "column 'subject' is empty; converted without a subject")
    seen[row['frames']] = record.where
    return row


def _apex(record: Record, row: Row) -> list[int] | None:
    texts = [record.cells.get(column) for column in ('apex_start', 'apex_end')]
    if not any(texts):
        return None
    last = row.get('frame_numbers', [row['num_frames']])[-1]
    try:
        first, end = (int(text or '') for text in texts)
    except ValueError as error:
        raise CorpusError(f"columns 'apex_start', 'apex_end': {texts[0]!r}, {texts[1]!r} are "
                          'not two whole numbers') from error
    if not 1 <= first <= end <= last:
        raise CorpusError(f"columns 'apex_start', 'apex_end': {first}..{end} does not lie "
                          f'within the frames 1..{last}')
    return [first, end]
