"""Writes a small synthetic corpus in the layout on disk of any real one.

A :class:`Layout` says which clips there are, where they lie and what the label files hold;
this module draws the clips, on any number of processes, and writes what is missing.
"""
from __future__ import annotations

import json
import multiprocessing
import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmfer.annotations import VIDEO_SUFFIXES
from mmfer.errors import CorpusError
from mmfer.fileio import atomic_write
from mmfer.synthetic.action_units import PROTOTYPES
from mmfer.synthetic.identity import sample_identity
from mmfer.synthetic.performance import Performance, film, stage
from mmfer.synthetic.rendering import Renderer

MANIFEST = 'synthetic.json'
FPS = 25
_IDENTITY, _BLIND, _ACTING = 21, 22, 23
_CODECS = {'.avi': 'MJPG', '.mp4': 'mp4v', '.flv': '\x02\0\0\0'}
_DRAWN_AS = {'anxiety': 'fear', 'helplessness': 'sadness', 'disappointment': 'sadness',
             'calm': 'neutral', 'other': None}
"""Labels without a prototype of action units, and what is drawn for them."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class ClipPlan:
    """One clip to draw.

    Attributes:
        path: A folder of frames, a video or an image, relative to the corpus's root.
        person: Who is seen; equal names give equal faces.
        label: What is shown: a canonical expression, or None for a mixture.
        num_frames: Frames T from neutral to peak; an image shows the last.
        template: Names of the files in a folder of frames, such as ``'{:05d}.jpg'``; None
            where ``path`` is a video or an image.
        absent: 1-based numbers of frames that the folder lacks.
        first: Number in the name of frame 1.
    """

    path: str
    person: str
    label: str | None
    num_frames: int
    template: str | None = None
    absent: frozenset[int] = frozenset()
    first: int = 1

    @property
    def files(self) -> dict[int, str]:
        """Paths of a folder's frames, by 1-based number; of a video or image the last alone."""
        if self.template is None:
            return {self.num_frames: self.path}
        return {n: f'{self.path}/{self.template.format(n - 1 + self.first)}'
                for n in range(1, self.num_frames + 1) if n not in self.absent}


@dataclass(frozen=True)
class Layout:
    """A whole corpus.

    Attributes:
        clips: What to draw.
        files: Content of all other files, by path relative to the root.
    """

    clips: tuple[ClipPlan, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What a corpus holds.

    Attributes:
        root: Its folder.
        clips: Clips.
        people: Different faces.
        written: Clips that this call has drawn; the others were there.
    """

    root: Path
    clips: int
    people: int
    written: int


def write_corpus(out: str | Path, name: str, layout: Layout, settings: Mapping[str, Any], *,
                 seed: int = 0, size_px: int = 112, workers: int | None = None,
                 progress: Progress | None = None) -> Written:
    """Writes a corpus; a second call with the same settings adds what is missing.

    Args:
        out: Folder of the corpus; new, empty, or written with the same settings.
        name: Of the corpus.
        layout: What it holds.
        settings: What the layout was made from.
        seed: Equal seeds give equal files.
        size_px: Side of the square frames.
        workers: Processes; None draws in this one. More than one starts fresh interpreters,
            so a calling script needs the ``__main__`` guard.
        progress: Called with (clips done, clips in all).

    Raises:
        CorpusError: The folder holds something else, or a video cannot be written.
        ValueError: A setting is out of range.
    """
    if size_px < 16:
        raise ValueError(f'size_px is {size_px}; a face needs at least 16 pixels')
    root = Path(out)
    claim(root, {'corpus': name, **settings, 'seed': seed, 'size_px': size_px})
    for relative, content in layout.files.items():
        with atomic_write(root / relative, durable=False) as temporary:
            temporary.write_bytes(content)
    ordered = sorted(layout.clips, key=lambda clip: (clip.person, clip.path))
    by_person = [list(group) for _, group in groupby(ordered, key=lambda clip: clip.person)]
    done = written = 0
    for clips, new in _run(root, seed, size_px, by_person, workers or 1):
        done, written = done + clips, written + new
        if progress is not None:
            progress(done, len(ordered))
    return Written(root, len(ordered), len(by_person), written)


def claim(root: Path, settings: dict[str, Any], more: Callable[[], dict[str, Any]] | None = None
          ) -> None:
    """Makes sure that a folder is empty or holds (a part of) this very corpus.

    Args:
        root: The folder.
        settings: Written into its manifest, and compared with what is there.
        more: Gives what else a new manifest holds.

    Raises:
        CorpusError: it holds something else.
    """
    path = root / MANIFEST
    if path.exists():
        try:
            found = json.loads(path.read_text(encoding='utf-8'))['settings']
        except (ValueError, KeyError, TypeError) as error:
            raise CorpusError(f'{path} is not readable ({error}); remove the folder and write '
                              'the corpus again') from error
        if found != settings:
            raise CorpusError(f'{root} holds a synthetic corpus with settings {found}, not '
                              f'{settings}; give another folder, or the same settings')
        return
    if root.exists() and any(root.iterdir()):
        raise CorpusError(f'{root} is not empty and has no {MANIFEST}: it may hold real data; '
                          'give an empty or new folder')
    content = {'settings': settings, **(more() if more is not None else {})}
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + '\n', encoding='utf-8')


def _run(root: Path, seed: int, size_px: int, by_person: list[list[ClipPlan]],
         workers: int) -> Iterator[tuple[int, int]]:
    if workers == 1:
        for clips in by_person:
            yield _write_person(root, seed, size_px, clips)
        return
    # 'spawn': a fork of a process that runs threads (OpenCV, torch) may hang
    with ProcessPoolExecutor(workers, multiprocessing.get_context('spawn'), cv2.setNumThreads,
                             (1, )) as pool:
        jobs = [pool.submit(_write_person, root, seed, size_px, clips) for clips in by_person]
        for job in as_completed(jobs):
            yield job.result()


def _write_person(root: Path, seed: int, size_px: int, clips: list[ClipPlan]) -> tuple[int, int]:
    """Draws what is missing of one person; returns clips in all and clips drawn."""
    missing = [clip for clip in clips
               if not all((root / file).exists() for file in clip.files.values())]
    if missing:
        identity = sample_identity(_generator(seed, _IDENTITY, clips[0].person))
        drawn = Renderer(identity, size_px)
        for clip in missing:
            performance = _performance(seed, clip, identity)
            if clip.template is None and Path(clip.path).suffix.lower() in VIDEO_SUFFIXES:
                frames = film(performance, drawn, True, range(1, clip.num_frames + 1))
                write_video(root / clip.path, (picture for _, picture in frames), size_px)
                continue
            for number, picture in film(performance, drawn, True, list(clip.files)):
                write_image(root / clip.files[number], picture)
    return len(clips), len(missing)


def _performance(seed: int, clip: ClipPlan, identity: Any) -> Performance:
    """What is shown: neutral to peak, or neutral throughout."""
    label = _DRAWN_AS.get(clip.label, clip.label) if clip.label else None
    performance = stage(label if label in PROTOTYPES else None, identity,
                        max(clip.num_frames, 2), _generator(seed, _BLIND, clip.path),
                        _generator(seed, _ACTING, clip.path))
    return replace(performance, units={}) if label == 'neutral' else performance


def _generator(seed: int, purpose: int, name: str) -> np.random.Generator:
    return np.random.default_rng([seed, purpose, zlib.crc32(name.encode())])


def write_image(path: Path, picture: np.ndarray) -> None:
    """Writes an (H, W) grey or (H, W, 3) RGB image whole, as its suffix says."""
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    settings = [cv2.IMWRITE_PNG_COMPRESSION, 1] if path.suffix == '.png' else []
    ok, data = cv2.imencode(path.suffix, picture, settings)
    if not ok:
        raise CorpusError(f'{path}: OpenCV cannot encode it; check its installation')
    with atomic_write(path, durable=False) as temporary:
        temporary.write_bytes(data.tobytes())


def write_video(path: Path, frames: Iterator[np.ndarray], size_px: int) -> None:
    """Writes square (H, W, 3) RGB frames as a video, whole, in the container of its suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # the suffix tells OpenCV the container, so a temporary name must keep it
    temporary = path.with_name(f'.{path.stem}.part{path.suffix}')
    writer = cv2.VideoWriter(str(temporary), cv2.VideoWriter.fourcc(*_CODECS[path.suffix.lower()]),
                             FPS, (size_px, size_px))
    if not writer.isOpened():
        raise CorpusError(f'{path}: OpenCV cannot write such a video; check its installation')
    try:
        for picture in frames:
            writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        writer.release()
        os.replace(temporary, path)
    finally:
        writer.release()
        temporary.unlink(missing_ok=True)
