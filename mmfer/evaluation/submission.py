"""Submissions to the expression track of the ABAW challenges: text files of answers per frame.

The files that teams handed in, as public code of theirs writes them:

- ``abaw1`` (FG 2020) and ``abaw2`` (ICCV 2021): ``<video>.txt`` for each video, a line of class
  names, then the code of each frame of the video, -1 where there is no answer.
  github.com/zerosansan/fg2020_abaw, ``src/fix_missing_predictions.py``;
  github.com/ColinWine/Semi-supervised-Facial-Affective-Behavior-Analysis, ``results/ex``.
- ``abaw3`` (CVPR 2022): the same with the class Other.
  github.com/phan-kimngan/Affwild2-ABAW3-EXPR-PRLAB, ``main.py``.
- ``abaw5`` (CVPR 2023) and ``abaw6`` (CVPR 2024): one file ``predictions.txt``, a line
  ``image_location,Neutral,...``, then ``<video>/<00001>.jpg,<code>`` for each frame.
  github.com/VeerendraRajkumar/ABAW2023DMACS, ``supervised/main_test.py``;
  github.com/upczww/abaw6, ``EXPR/test.py``.

The codes are those of :data:`mmfer.labels.AFFWILD2`. The fourth challenge had no such track.
"""
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmfer.errors import PredictionError
from mmfer.fileio import atomic_write
from mmfer.labels import AFFWILD2, canonical

__all__ = ['EDITIONS', 'MISSING', 'ONE_FILE', 'Edition', 'Filled', 'FrameAnswers', 'class_codes',
           'fill_in', 'location', 'write_submission']

ONE_FILE = 'predictions.txt'
MISSING = ('ignore', 'nearest')
_NONE = -1

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Edition:
    """What one challenge takes.

    Attributes:
        classes: Canonical names, in the order of their codes.
        one_file: One file of image locations, rather than one file per video.
        missing: What stands for frames without an answer, unless one says otherwise.
    """

    classes: tuple[str, ...]
    one_file: bool
    missing: str

    @property
    def header(self) -> str:
        """First line of a file."""
        names = ','.join(name.capitalize() for name in self.classes)
        return f'image_location,{names}' if self.one_file else names

    @property
    def codes(self) -> frozenset[int]:
        """What may stand for a frame."""
        return frozenset(range(0 if self.one_file else _NONE, len(self.classes)))


_SEVEN, _EIGHT = tuple(AFFWILD2.values())[:7], tuple(AFFWILD2.values())
EDITIONS = {
    'abaw1': Edition(_SEVEN, False, 'ignore'), 'abaw2': Edition(_SEVEN, False, 'ignore'),
    'abaw3': Edition(_EIGHT, False, 'nearest'), 'abaw5': Edition(_EIGHT, True, 'nearest'),
    'abaw6': Edition(_EIGHT, True, 'nearest'),
}
"""The challenges by name."""


@dataclass(frozen=True)
class FrameAnswers:
    """A model's answers for the frames of one video.

    Attributes:
        numbers: (T,) frame numbers, 1-based, ascending; T may be 0.
        codes: (T,) codes of the edition.
    """

    numbers: Ints
    codes: Ints


@dataclass(frozen=True)
class Filled:
    """The lines of a submission.

    Attributes:
        numbers: Of each video the frames (n,) that are answered for, in order.
        codes: Of each video their codes (n,).
        without_answer: Frames that the model did not answer.
        without_face: Videos none of whose frames it answered.
        dropped: Answers for frames that are not asked for.
    """

    numbers: dict[str, Ints]
    codes: dict[str, Ints]
    without_answer: int
    without_face: tuple[str, ...]
    dropped: int


def class_codes(classes: Sequence[str], edition: Edition) -> Ints:
    """The edition's code (C,) of each class of a model, matched by name.

    Raises:
        PredictionError: A class does not exist in the edition.
    """
    names = [canonical(name) for name in classes]
    unknown = [name for name in names if name not in edition.classes]
    if unknown:
        raise PredictionError(f'class {unknown[0]!r} of the model does not exist in this edition, '
                              f'which has {", ".join(edition.classes)}; choose another edition, '
                              'or train on its classes')
    return np.array([edition.classes.index(name) for name in names], np.int64)


def fill_in(answers: Mapping[str, FrameAnswers], wanted: Mapping[str, Ints], missing: str,
            edition: Edition) -> Filled:
    """One code for each frame that is asked for.

    Args:
        answers: Answers by video.
        wanted: Frame numbers (n,) by video, in the order of the submission.
        missing: What stands for a frame that the model did not answer. ``'ignore'``: -1.
            ``'nearest'``: the answer for the nearest frame, the earlier one of two; neutral in
            a video without any answer.
        edition: For which challenge.

    Raises:
        PredictionError: A video has no entry in ``answers``, more than one of its answers is
            for a frame that is not asked for, or -1 is no code of the edition.
    """
    if missing not in MISSING:
        raise PredictionError(f'missing {missing!r} is not one of {", ".join(MISSING)}')
    if missing == 'ignore' and _NONE not in edition.codes:
        raise PredictionError('in this edition every frame has an answer, and -1 is none; take '
                              "'nearest' for the missing ones")
    absent = [video for video in wanted if video not in answers]
    if absent:
        raise PredictionError(f'video {absent[0]!r} has no answers ({len(absent)} videos have '
                              'none); run the model on all videos of the test list')
    codes, without_face, without_answer, dropped = {}, [], 0, 0
    for video, numbers in wanted.items():
        given = answers[video]
        inside = np.isin(given.numbers, numbers)
        outside = int(np.count_nonzero(~inside))
        # frame counts of one video by different decoders differ by one
        if outside > 1:
            raise PredictionError(f'video {video!r}: {outside} answers are for frames that are '
                                  f'not asked for, such as {given.numbers[~inside][0]} of '
                                  f'{len(numbers)}; are these the frames of this video?')
        dropped += outside
        known, said = given.numbers[inside], given.codes[inside]
        unanswered = ~np.isin(numbers, known)
        without_answer += int(np.count_nonzero(unanswered))
        if not known.size:
            without_face.append(video)
            default = _NONE if missing == 'ignore' else edition.classes.index('neutral')
            codes[video] = np.full(len(numbers), default, np.int64)
            continue
        codes[video] = said[_nearest(known, numbers)]
        if missing == 'ignore':
            codes[video][unanswered] = _NONE
    return Filled(dict(wanted), codes, without_answer, tuple(without_face), dropped)


def _nearest(known: Ints, numbers: Ints) -> Ints:
    """Index of the nearest of ascending numbers, the lower one of two equally near."""
    above = np.clip(np.searchsorted(known, numbers), 0, len(known) - 1)
    below = np.maximum(above - 1, 0)
    lower = np.abs(numbers - known[below]) <= np.abs(known[above] - numbers)
    return np.where(lower, below, above)


def location(video: str, number: int) -> str:
    """How a frame is named in the file of all videos."""
    return f'{video}/{number:05d}.jpg'


def write_submission(folder: str | os.PathLike[str], filled: Filled,
                     edition: Edition) -> list[Path]:
    """Writes the files of a submission, each whole; returns their paths.

    Raises:
        PredictionError: The folder holds other text files, which would be handed in too, or
            the name of a video is a path.
    """
    root = Path(folder)
    paths = [video for video in filled.codes if set(video) & set('/\\')]
    if paths:
        raise PredictionError(f'video {paths[0]!r}: a path is no name of a video of Aff-Wild2')
    names = [ONE_FILE] if edition.one_file else [f'{video}.txt' for video in filled.codes]
    foreign = sorted({path.name for path in root.glob('*.txt')} - set(names))
    if foreign:
        raise PredictionError(f'{root / foreign[0]}: is no file of this submission; give --out an '
                              'empty folder')
    texts = _texts(filled, edition)
    for name in names:
        with atomic_write(root / name, durable=edition.one_file) as temporary:
            temporary.write_text(texts[name], encoding='utf-8', newline='\n')
    return [root / name for name in names]


def _texts(filled: Filled, edition: Edition) -> dict[str, str]:
    """Content by file name."""
    if not edition.one_file:
        return {f'{video}.txt': '\n'.join([edition.header, *map(str, codes.tolist()), ''])
                for video, codes in filled.codes.items()}
    lines = [f'{location(video, number)},{code}' for video, codes in filled.codes.items()
             for number, code in zip(filled.numbers[video].tolist(), codes.tolist(), strict=True)]
    return {ONE_FILE: '\n'.join([edition.header, *lines, ''])}
