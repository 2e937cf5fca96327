"""Writes a synthetic corpus in the extended Cohn-Kanade corpus's layout on disk.

    cohn-kanade-images/S005/001/S005_001_00000001.png      frames, neutral to peak
    Emotion/S005/001/S005_001_00000011_emotion.txt         code 1..7, labelled ones only
    FACS/S005/001/S005_001_00000011_facs.txt               action units and their strength
    synthetic.json                                         settings and the known intensities

The last file is the only one that CK+ does not have. Everything is a function of the
seed, for any number of processes.
"""
from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmfer.fileio import atomic_write
from mmfer.synthetic.action_units import split_unit
from mmfer.synthetic.corpus import claim, write_image
from mmfer.synthetic.identity import Identity, sample_identity
from mmfer.synthetic.performance import Performance, film, stage
from mmfer.synthetic.plan import CLASS_COUNTS, SequencePlan, plan_ckplus
from mmfer.synthetic.rendering import Renderer

_DRAWING = 1
"""Raised with every change of the pictures, so that old and new ones never mix."""
_CODES = {name: code for code, name in enumerate(CLASS_COUNTS, start=1)}
_IDENTITY, _BLIND, _ACTING = 11, 12, 13

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Summary:
    """What a corpus holds.

    Attributes:
        root: Its folder.
        subjects: Subjects.
        labelled_subjects: Subjects with a labelled sequence.
        sequences: Sequences.
        per_class: Labelled sequences per class.
        frames: Frames.
        written: Frames that this call has rendered; the others were there.
    """

    root: Path
    subjects: int
    labelled_subjects: int
    sequences: int
    per_class: dict[str, int]
    frames: int
    written: int


def subject_identity(seed: int, subject: str) -> Identity:
    """The face of subject 'S005' in the corpus of a seed."""
    return sample_identity(np.random.default_rng([seed, _IDENTITY, int(subject[1:])]))


def stage_sequence(seed: int, plan: SequencePlan, identity: Identity) -> Performance:
    """The performance behind one planned sequence."""
    key = [int(plan.subject[1:]), plan.number]
    return stage(plan.label, identity, plan.num_frames,
                 np.random.default_rng([seed, _BLIND, *key]),
                 np.random.default_rng([seed, _ACTING, *key]))


def frame_path(root: Path, plan: SequencePlan, number: int) -> Path:
    """File of a 1-based frame number."""
    return (root / 'cohn-kanade-images' / plan.subject / f'{plan.number:03d}'
            / f'{plan.clip}_{number:08d}.png')


def _matlab(*values: float) -> str:
    """A row of numbers as MATLAB's ``save -ascii`` prints it, which CK+'s files are."""
    return ''.join(f'   {value:.7e}' for value in values) + '\n'


def _texts(root: Path, plan: SequencePlan, performance: Performance) -> Iterator[tuple[Path, str]]:
    """Label files of one sequence; CK+ names them after the peak frame."""
    folder = Path(plan.subject) / f'{plan.number:03d}'
    name = f'{plan.clip}_{plan.num_frames:08d}'
    if plan.label is not None:
        yield (root / 'Emotion' / folder / f'{name}_emotion.txt', _matlab(_CODES[plan.label]))
    strongest: dict[int, float] = {}
    for unit, intensity in performance.units.items():
        number = int(split_unit(unit)[0])
        strongest[number] = max(intensity, strongest.get(number, 0.))
    yield (root / 'FACS' / folder / f'{name}_facs.txt',
           ''.join(_matlab(number, min(int(np.ceil(strongest[number] * 5)), 5))
                   for number in sorted(strongest)))


def _write_subject(root: Path, seed: int, size_px: int, plans: list[SequencePlan]
                   ) -> tuple[int, int]:
    """Writes what is missing of one subject; returns frames in all and frames rendered."""
    identity = subject_identity(seed, plans[0].subject)
    drawn: Renderer | None = None
    written = 0
    for plan in plans:
        performance = stage_sequence(seed, plan, identity)
        missing = [n for n in range(1, plan.num_frames + 1)
                   if not frame_path(root, plan, n).exists()]
        if missing and drawn is None:
            drawn = Renderer(identity, size_px)
        if drawn is not None:
            for number, picture in film(performance, drawn, plan.colour, missing):
                write_image(frame_path(root, plan, number), picture)
        written += len(missing)
        for path, text in _texts(root, plan, performance):
            if not path.exists():
                with atomic_write(path, durable=False) as temporary:
                    temporary.write_text(text, encoding='ascii')
    return sum(plan.num_frames for plan in plans), written


def _intensities(seed: int, plans: list[SequencePlan]) -> dict[str, Any]:
    """What the manifest says of every sequence."""
    sequences = []
    for subject, group in groupby(plans, key=lambda plan: plan.subject):
        identity = subject_identity(seed, subject)
        for plan in group:
            p = stage_sequence(seed, plan, identity)
            sequences.append({'clip': plan.clip, 'label': plan.label, 'colour': plan.colour,
                              'onset': p.onset, 'apex': list(p.apex), 'units': p.units,
                              'intensity': [round(float(v), 4) for v in p.intensity]})
    return {'sequences': sequences}


def write_ckplus(out: str | Path, *, seed: int = 0, subjects: int | None = None,
                 size_px: int = 112, max_frames: int | None = None, workers: int | None = None,
                 progress: Progress | None = None) -> Summary:
    """Writes a synthetic CK+; a second call with the same settings adds what is missing.

    Args:
        out: Folder of the corpus; new, empty, or written with the same settings.
        seed: Equal seeds give equal files.
        subjects: Number of subjects; None is CK+'s 123 with exactly its counts.
        size_px: Side of the square frames.
        max_frames: Upper bound of the frames per sequence; None keeps CK+'s 6 to 71.
        workers: Processes; None renders in this one. More than one starts fresh
            interpreters, so a calling script needs the ``__main__`` guard.
        progress: Called with (frames done, frames in all) after every subject.

    Raises:
        CorpusError: The folder holds something else.
        ValueError: A setting is out of range.
    """
    root = Path(out)
    plans = plan_ckplus(seed, subjects, max_frames)
    by_subject = [list(group) for _, group in groupby(plans, key=lambda plan: plan.subject)]
    settings = {'corpus': 'ckplus', 'drawing': _DRAWING, 'seed': seed,
                'subjects': len(by_subject), 'size_px': size_px, 'max_frames': max_frames}
    if size_px < 16:
        raise ValueError(f'size_px is {size_px}; a face needs at least 16 pixels')
    claim(root, settings, lambda: _intensities(seed, plans))
    total = sum(plan.num_frames for plan in plans)
    done = written = 0
    for frames, new in _run(root, seed, size_px, by_subject, workers or 1):
        done, written = done + frames, written + new
        if progress is not None:
            progress(done, total)
    labelled = [plan for plan in plans if plan.label is not None]
    counts = Counter(plan.label for plan in labelled)
    return Summary(root=root, subjects=len(by_subject),
                   labelled_subjects=len({plan.subject for plan in labelled}),
                   sequences=len(plans), per_class={name: counts[name] for name in _CODES},
                   frames=total, written=written)


def _run(root: Path, seed: int, size_px: int, by_subject: list[list[SequencePlan]],
         workers: int) -> Iterator[tuple[int, int]]:
    if workers == 1:
        for plans in by_subject:
            yield _write_subject(root, seed, size_px, plans)
        return
    # 'spawn': a fork of a process that runs threads (OpenCV, torch) may hang
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn'), cv2.setNumThreads,
                             (1,)) as pool:
        jobs = [pool.submit(_write_subject, root, seed, size_px, plans) for plans in by_subject]
        for job in as_completed(jobs):
            yield job.result()
