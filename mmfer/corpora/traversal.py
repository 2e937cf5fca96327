"""Walking a corpus on disk: sorted, inside its root, and nothing skipped silently."""
from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from mmfer.annotations import IMAGE_SUFFIXES, Row, resolve_inside
from mmfer.corpora.media import image_problem
from mmfer.corpora.report import Report
from mmfer.errors import AnnotationError, CorpusError

FRAME_NAME = re.compile(r'(.*?)([0-9]+)(\.[^.]+)', re.DOTALL)
"""Prefix, number, suffix of a frame's file name."""
JUNK = ('thumbs.db', 'desktop.ini', '__macosx', '@eadir', 'synthetic.json')
COMPANIONS = ('.wav', '.wrl')
"""Sound and meshes, which corpora keep beside the pictures, one file for each of them."""


def list_folder(folder: Path, report: Report) -> tuple[list[str], list[str]]:
    """Names of the sub-folders and of the files of a folder, each sorted.

    Hidden files, what desktops leave behind, and sound and meshes are counted in
    ``report``; names that are not UTF-8 are reported, for no annotation file can hold them.

    Raises:
        CorpusError: where the folder cannot be listed.
    """
    folders, files = [], []
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise CorpusError(f'{folder}: cannot be listed: {error.strerror}') from error
    for name in names:
        if name.startswith('.') or name.lower() in JUNK:
            report.ignored['._*' if name.startswith('._') else name] += 1
        elif not _is_utf8(name):
            report.add(str(folder / name), 'its name is not UTF-8; left out, rename it')
        elif name.lower().endswith(COMPANIONS):
            report.ignored[f'*{os.path.splitext(name)[1].lower()}'] += 1
        elif os.path.isdir(os.path.join(folder, name)):  # pathlib would take most of the time
            folders.append(name)
        else:
            files.append(name)
    return folders, files


@dataclass(frozen=True)
class FrameFolder:
    """The frames of one folder.

    Attributes:
        filename_tmpl: Name of a file, given its number.
        start_index: Number in the name of frame 1.
        numbers: 1-based numbers of the good frames, ascending.
    """

    filename_tmpl: str
    start_index: int
    numbers: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Whether the numbers run from 1 without a gap."""
        return self.numbers[-1] == len(self.numbers)

    def fields(self) -> Row:
        """The fields of an annotation row that describe the folder."""
        fields: Row = {'num_frames': len(self.numbers), 'filename_tmpl': self.filename_tmpl,
                       'start_index': self.start_index}
        if not self.complete:
            fields['frame_numbers'] = list(self.numbers)
        return fields


def read_frame_folder(root: Path, relative: str, report: Report, verify: bool = True,
                      start_index: int | None = None, gaps: bool = True) -> FrameFolder:
    """Finds out how the frames of ``root``/``relative`` are named and which there are.

    Files whose names or content do not fit are reported and left out, as missing frames;
    gaps in the numbers are reported too.

    Args:
        root: Root that links may not leave.
        relative: POSIX path of the folder below it.
        report: Grows.
        verify: Whether to look into each image (:func:`image_problem`).
        start_index: Number in the name of frame 1; the lowest one by default.
        gaps: Whether numbers that are missing between the frames are odd.

    Raises:
        CorpusError: where the folder has no usable frame.
    """
    folder = root / relative
    folders, files = list_folder(folder, report)
    images = [name for name in files if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES]
    others = sorted({*files, *folders}.difference(images))
    if others:
        report.add(relative, f'{len(others)} entries that are no images ({_some(others)})')
    if not images:
        raise CorpusError('no image in the folder')
    template, by_number = _naming(images)
    odd = sorted(set(images).difference(by_number.values()))
    if odd:
        report.add(relative, f'{len(odd)} images whose names do not fit {template!r} '
                             f'({_some(odd)}); frames left out')
    if 2 * len(by_number) <= len(images):
        raise CorpusError('no way of naming holds for most of its images')
    start = min(by_number) if start_index is None else start_index
    good = []
    for number, name in sorted(by_number.items()):
        problem = _frame_problem(root, f'{relative}/{name}', verify)
        if number < start:
            problem = f'its number is below the start index {start}'
        if problem:
            report.add(f'{relative}/{name}', f'{problem}; frame left out')
        else:
            good.append(number - start + 1)
    if not good:
        raise CorpusError('no readable frame')
    absent = sorted(set(range(start, max(by_number))).difference(by_number))
    if absent and gaps:
        report.add(relative, f'{len(absent)} numbers are missing between its frames '
                             f'({_some([str(number) for number in absent])})')
    return FrameFolder(template, start, tuple(good))


def _naming(images: list[str]) -> tuple[str, dict[int, str]]:
    """The template that most names follow, and those names by number."""
    matches = [(match, name) for name in images if (match := FRAME_NAME.fullmatch(name))]
    if not matches:
        return '{:06d}' + os.path.splitext(images[0])[1], {}
    styles = Counter((match[1], match[3]) for match, _ in matches)
    prefix, suffix = min(styles, key=lambda style: (-styles[style], style))
    numbers = {match[2]: name for match, name in matches
               if (match[1], match[3]) == (prefix, suffix)}

    def fitting(width: int) -> dict[int, str]:
        return {int(digits): name for digits, name in numbers.items()
                if digits == f'{int(digits):0{width}d}'}

    width = min({min(len(digits), 99) for digits in numbers},
                key=lambda width: (-len(fitting(width)), width))
    number_format = f'{{:0{width}d}}' if width > 1 else '{:d}'
    return _escaped(prefix) + number_format + _escaped(suffix), fitting(width)


def _frame_problem(root: Path, relative: str, verify: bool) -> str:
    path = os.path.join(root, relative)
    if os.path.islink(path):
        try:
            resolve_inside(root, relative)
        except AnnotationError as error:
            return str(error)
        if not os.path.exists(path):
            return 'a link to nothing'
    return image_problem(Path(path)) if verify else ''


def _escaped(text: str) -> str:
    return text.replace('{', '{{').replace('}', '}}')


def _some(names: list[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = f', and {len(names) - 5} more' if len(names) > 5 else ''
    return ', '.join(names[:5]) + more


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
