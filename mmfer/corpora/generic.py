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

from mmfer.annotations import Annotations, Row, make_metainfo
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.report import Conversion, summary_counts
from mmfer.corpora.source import Source, read_crops, read_media
from mmfer.corpora.table import Record, read_table
from mmfer.errors import AnnotationError, CorpusError
from mmfer.faces.status_runs import frames_of, parse_runs
from mmfer.labels import EXPRESSIONS, canonical, class_list
from mmfer.protocols import Protocol, column_folds, column_split

KEYS = ('clip', 'image')
RESERVED = ('frames', 'filename_tmpl', 'start_index', 'frame_numbers', 'frame_labels', 'apex',
            'face_status')
USED = (*KEYS, 'label', 'apex_start', 'apex_end', 'num_frames')
NEEDED_WHERE_GIVEN = ('fold', 'split')
"""Columns that divide the clips: a row without a value would belong nowhere."""


def convert(source: Source, labels: Path, classes: Sequence[str] | None = None,
            start_index: int | None = None) -> Conversion:
    """Rows of one's own corpus; odd rows are reported one by one and the rest is converted.

    Args:
        source: Its root is the folder of the media, which the rows' paths are relative to.
        labels: The CSV.
        classes: Which expressions, in which order; by default those found, in canonical
            order. Rows with other labels are left out and counted.
        start_index: Number in the file name of frame 1; by default the lowest number in
            each folder. Say 1 where a crop tool dropped frames without a face, so that
            frame numbers stay those of the video.

    Raises:
        CorpusError: for a malformed CSV or where there is nothing to convert.
    """
    if not source.root.is_dir():
        raise CorpusError(f'{source.root}: no such folder of frames or videos')
    columns, records = read_table(labels)
    key = _check_columns(labels, columns, source.faces is not None)
    report = source.report
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
            if source.progress is not None:
                source.progress(len(found) + 1)
            found.append((label, _row(record, key, source, seen, start_index)))
        except (AnnotationError, CorpusError) as error:
            report.add(record.where, f'{error}; left out')
    if outside:
        report.notes.append(f'rows left out for a label that is not among the classes: {outside}')
    if not found:
        raise CorpusError('\n'.join([f'{labels}: nothing could be converted', *report.lines()]))
    names = chosen or class_list(label for label, _ in found)
    rows = [{**row, 'label': names.index(label)} for label, row in found]
    return Conversion(make_metainfo('generic', names, rows), rows, report,
                      summary_counts(rows, names), {})


def protocols(annotations: Annotations, conversion: Conversion, seed: int) -> dict[str, Protocol]:
    """What the columns ``fold`` and ``split`` say."""
    made = {}
    if any('fold' in row for row in annotations.rows):
        made['protocol_fold'] = column_folds(annotations, seed=seed)
    if any('split' in row for row in annotations.rows):
        made['protocol_split'] = column_split(annotations, seed=seed)
    return made


def _check_columns(labels: Path, columns: list[str], from_ledger: bool) -> str:
    """The name of the column that names the media; raises CorpusError for a bad header."""
    reserved = {*RESERVED, *(['coverage'] if from_ledger else [])} & set(columns)
    keys = [key for key in KEYS if key in columns]
    problem = ''
    if len(keys) != 1:
        problem = 'one column must be called clip, or image'
    elif 'label' not in columns:
        problem = 'there is no column called label'
    elif ('apex_start' in columns) != ('apex_end' in columns):
        problem = 'apex_start and apex_end come together'
    elif reserved:
        problem = f'mmfer fills in {", ".join(sorted(reserved))} itself'
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


def _row(record: Record, key: str, source: Source, seen: dict[str, str],
         start_index: int | None) -> Row:
    """The row of one CSV record, label aside; raises where it cannot be one."""
    cells = record.cells
    for column in NEEDED_WHERE_GIVEN:
        if cells.get(column) == '':
            raise CorpusError(f'column {column!r} is empty')
    if not cells[key]:
        raise CorpusError(f'column {key!r} is empty')
    read = read_media if source.faces is None else read_crops
    try:
        row = read(source, cells[key], start_index)
    except (AnnotationError, CorpusError) as error:
        raise CorpusError(f'column {key!r}: {error}') from error
    if source.faces is not None:
        row = source.faces.add_to(row, source.report)
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
        source.report.add(
            record.where, f'column \'num_frames\' says {cells["num_frames"]}, but there are '
                          f'{row["num_frames"]}; converted with those')
    if cells.get('subject') == '':
        source.report.add(record.where, "column 'subject' is empty; converted without a subject")
    seen[row['frames']] = record.where
    return row


def _apex(record: Record, row: Row) -> list[int] | None:
    texts = [record.cells.get(column) for column in ('apex_start', 'apex_end')]
    if not any(texts):
        return None
    if 'face_status' in row:
        last = frames_of(parse_runs(row['face_status']))
    else:
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


CORPUS = Corpus(
    'generic', 'own clips and a CSV clip,label[,subject,...]',
    'folder of frame folders, videos or images', convert, protocols,
    options=(
        Option('--labels', dict(
            type=Path, required=True,
            help='CSV clip,label[,subject][,fold][,split][,apex_start,apex_end]')),
        Option('--classes', dict(
            nargs='+', metavar='NAME',
            help=f'which expressions, in which order, of: {", ".join(EXPRESSIONS)}; default: '
                 'those found')),
        Option('--start-index', dict(
            type=int, metavar='N',
            help='number in the file name of frame 1; default: the lowest of a folder')),
    ), takes_frames=False)
