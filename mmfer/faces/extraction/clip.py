"""Extraction of one clip: from its media to its crops and ledger in place."""
from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mmfer.errors import LedgerError, MediaError
from mmfer.faces.extraction.checkpoint import (
    EVERY_S,
    Checkpoint,
    read_checkpoint,
    write_checkpoint,
)
from mmfer.faces.extraction.fingerprint import fingerprint, is_untouched
from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.locking import sole_use
from mmfer.faces.extraction.parts import join_parts, part_path
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.extraction.publishing import LEDGER, clear, publish
from mmfer.faces.extraction.recorder import Recorder
from mmfer.faces.extraction.status import find_metadata
from mmfer.faces.frames import FrameSource, open_frames
from mmfer.faces.pipeline import FacePipeline

__all__ = ['Progress', 'extract_clip']

Progress = Callable[[int, 'int | None'], None]
"""Called with the number of frames just worked on, and of those of the clip, if known."""


def extract_clip(clip: Clip, layout: Layout, pipeline: FacePipeline,
                 progress: Progress | None = None) -> int:
    """Extracts a clip, or what is left of it; its output appears whole.

    Killed at any moment and called again, it gives the same bytes as in one go, and works anew
    on no more than what followed its last checkpoint.

    Args:
        clip: The clip.
        layout: The output folder.
        pipeline: Detects, tracks and cuts out.
        progress: Called with the number of frames just worked on, and of those of the clip.

    Returns:
        Number of frames.

    Raises:
        MediaError: It cannot be read, not to its end, or has changed meanwhile.
        LedgerError: Another process works on it.
    """
    work = layout.unfinished(clip.name)
    with sole_use(work):
        about: dict[str, Any] = {'settings_hash': pipeline.settings_hash,
                                 'source': fingerprint(clip).to_dict()}
        done = find_metadata(layout.ledger(clip.name))
        if done is not None and _fits(done, about):  # by another process, since this one looked
            shutil.rmtree(work)
            return done['frames']
        if not _fits(find_metadata(work / LEDGER), about):
            try:
                with open_frames(clip.path, clip.name) as source:
                    _Extraction(clip.name, work, pipeline, about).run(source, progress)
                if not is_untouched(clip, about['source']):
                    (work / LEDGER).unlink()
                    raise MediaError(f'{clip.path} has changed while it was read; run the same '
                                     'command again')
            except MediaError:
                if read_checkpoint(work) is None:  # else another try need not begin anew
                    shutil.rmtree(work)
                raise
        frames = (find_metadata(work / LEDGER) or {})['frames']
        publish(clip.name, layout, pipeline.settings.people)
        return frames


def _fits(noted: Mapping[str, Any] | None, about: Mapping[str, Any]) -> bool:
    """Whether something was made with these settings and of this input."""
    return (noted is not None and noted['settings_hash'] == about['settings_hash']
            and noted['source']['sha256'] == about['source']['sha256'])


class _Extraction:
    """The way of one clip through the pipeline into its work folder.

    Args:
        clip: Its id.
        work: Its work folder.
        pipeline: Detects, tracks and cuts out.
        about: Hash of the settings, and fingerprint of the input.
    """

    def __init__(self, clip: str, work: Path, pipeline: FacePipeline,
                 about: Mapping[str, Any]) -> None:
        self._clip, self._work, self._about, self._pipeline = clip, work, about, pipeline
        self._begin()

    def run(self, source: FrameSource, progress: Progress | None) -> None:
        """Goes on from the last checkpoint, to the end."""
        self._resume(source)
        since_s = None
        for frames in self._stream.batches(source):
            first = frames[0]
            if since_s is None:
                since_s = first.time_s
            elif first.time_s - since_s >= EVERY_S:
                self._recorder.save_part()
                if not source.damaged:  # or the end would not hear of the damage
                    self._save(first.number)
                since_s = first.time_s
            for faces in self._stream.push(frames):
                self._recorder.add(faces)
            if progress is not None:
                progress(len(frames), source.count)
        for faces in self._stream.flush():
            self._recorder.add(faces)
        self._finish()

    def _begin(self) -> None:
        self._stream = self._pipeline.start(self._clip)
        self._recorder = Recorder(self._clip, self._work, self._pipeline)

    def _resume(self, source: FrameSource) -> None:
        checkpoint = read_checkpoint(self._work)
        if checkpoint is not None and _fits(checkpoint.about, self._about):
            source.seek(checkpoint.number)
            try:
                self._stream.restore(checkpoint.stream, source)
                self._recorder.restore(checkpoint.about['recorder'])
                return
            except LedgerError:  # of a version that kept something else
                self._begin()
                source.seek(1)
        clear(self._work)

    def _save(self, following: int) -> None:
        oldest = self._stream.oldest
        about = {**self._about, 'recorder': self._recorder.state()}
        write_checkpoint(self._work, Checkpoint(following if oldest is None else oldest, about,
                                                self._stream.state()))

    def _finish(self) -> None:
        """Joins the parts of the ledger, which by now can say whose crops count."""
        main = (self._recorder.main_people() if self._pipeline.settings.people == 'main'
                else None)
        recorder = self._recorder
        metadata = {**recorder.metadata, 'source': self._about['source'],
                    'frames': recorder.frames, 'degenerate': recorder.degenerate}
        join_parts([part_path(self._work, number) for number in range(1, recorder.parts + 1)],
                   recorder.rows, self._work / LEDGER, metadata, main)
