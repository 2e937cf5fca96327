"""From faces in front of a trained model to its answers."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from mmengine.model import BaseTTAModel
from numpy.typing import NDArray

from mmfer.apis.answers import Answer, in_video, joined
from mmfer.apis.clips import CropClip, open_crops
from mmfer.apis.kept import Asked, KeptFrames, answer_samples, keep_frames
from mmfer.apis.loading import load_model
from mmfer.apis.people import Person, VideoAnalysis
from mmfer.apis.preparation import TestPipeline
from mmfer.apis.stays import PeopleLog, Stay
from mmfer.apis.timeline import WindowSettings, frame_timeline, window_spans, window_timeline
from mmfer.errors import AlignmentError, ConfigError, MediaError
from mmfer.faces.frames import FrameSource, open_frames
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.faces.status_runs import CROPPED
from mmfer.faces.structures import FrameFaces, VideoFrame
from mmfer.models.heads.per_frame_head import PerFrameHead

__all__ = ['Crops', 'ExpressionInferencer', 'Source']

Image = NDArray[np.uint8]
Source = str | os.PathLike[str] | Image | Iterable[Image]
"""A video, a folder of images, an array (T, H, W, 3) or images (H, W, 3), uint8 RGB."""
Crops = Source | CropClip
"""The same of face crops of one person."""


class ExpressionInferencer:
    """Answers for people in videos, with the sampling and preprocessing of a config's test.

    Args:
        config: Config file, the user's; what a checkpoint says of its own is never read.
        checkpoint: Checkpoint of its model; read without running anything in it.
        device: A GPU where there is one by default.
        amp: Automatic mixed precision, as of ``tools/test.py --amp``.
        frame_chunk: Most frames in the trunk at a time; the config's by default.
        faces: How faces are found and cut out; should be how the crops of the training were
            made. The default settings where None.
        cfg_options: Dotted keys and their values, as of ``--cfg-options``.
        tta: Average the answers to several views, as ``tools/test.py --tta`` does.
        classes: Names of the classes, where neither config nor checkpoint tells them.

    Raises:
        CheckpointError: The checkpoint is unsafe or damaged, is not of this model, or names
            other classes than the config.
        ConfigError: The config is malformed, there is no such device, or class names are
            unknown or do not fit the model.
    """

    def __init__(self, config: str | os.PathLike[str], checkpoint: str | os.PathLike[str],
                 device: str | torch.device | None = None, amp: bool = False,
                 frame_chunk: int | None = None, faces: FaceSettings | None = None, *,
                 cfg_options: Mapping[str, Any] | None = None, tta: bool = False,
                 classes: Sequence[str] | None = None) -> None:
        loaded = load_model(config, checkpoint, device, frame_chunk, cfg_options, tta, classes)
        self.cfg, self.model, self.classes = loaded.cfg, loaded.model, loaded.classes
        self.pipeline = TestPipeline(self.cfg)
        self.amp = amp
        self._face_settings = faces or FaceSettings()
        self._faces: FacePipeline | None = None

    def answer_clips(self, clips: Sequence[Crops], batch_size: int | None = None) -> list[Answer]:
        """One answer for each clip of crops, as a test of these clips in this order gives it.

        Clips of several people or videos share batches. With equal batches the answers are
        those of ``tools/test.py``, bit for bit on a CPU.

        Args:
            clips: Crops of one person each.
            batch_size: Clips in a batch; the config's ``test_dataloader.batch_size`` by
                default.

        Raises:
            ConfigError: The dataset of the config repeats clips, but the model answers for
                clips as a whole.
            MediaError: A clip does not exist, or has an unreadable frame.
        """
        opened = [open_crops(clip) for clip in clips]
        found = answer_samples(self.model, self.pipeline, opened, self.classes, self.amp,
                               batch_size)
        return [self._joined(samples) for samples in found]

    def __call__(self, source: Source, *, crops: bool = False, name: str | None = None,
                 rate_hz: float | None = None, windows: WindowSettings | None = None,
                 min_frames: int = 1,
                 progress: Callable[[int, int | None], None] | None = None) -> VideoAnalysis:
        """Finds the people of a video, and answers for each of them.

        Each crop passes the trunk once, together with those of other people; kept are its
        vectors. Where the model is of another kind, the crops of the video are kept.

        Args:
            source: A video, a folder of frames, an array (T, H, W, 3) or an iterable of images
                (H, W, 3), uint8 RGB.
            crops: The frames are crops of one person's face, numbered as the frames they
                were cut from; nobody is looked for.
            name: Of the video; by default that of the file.
            rate_hz: Frames per second of images and arrays, above 0; 25 by default.
            windows: Of the timeline, for models that answer for clips; the default settings
                where None.
            min_frames: People with fewer crops get no answer.
            progress: Called with the number of frames so far, and of all where it is known.

        Raises:
            ConfigError: The config does not fit the model or the detector, the rate is
                impossible, or windows are given to a model that answers for every frame.
            DetectorError: The face detector cannot be used.
            MediaError: The source does not exist, is damaged, or has no frame.
        """
        if windows is not None and self.answers_frames:
            raise ConfigError('the model answers for every frame, so windows have no effect; leave '
                              'them out')
        log, kept = PeopleLog(), keep_frames(self.model, self.pipeline, self.amp)
        with open_frames(source, name, rate_hz) as frames:
            title = frames.name
            for count, (seen, cut) in enumerate(self._faces_of(frames, crops), start=1):
                if isinstance(seen, VideoFrame):
                    log.see_crop(seen)
                else:
                    log.see(seen)
                for person, image in cut:
                    kept.put(person, image)
                if progress is not None:
                    progress(count, frames.count)
        numbers, times_s = log.frames()
        if not len(numbers):
            raise MediaError(f'{title} has no frame')
        people = [self._person(stay, kept, windows or WindowSettings(), min_frames)
                  for stay in log.stays()]
        return VideoAnalysis(title, self.classes, numbers, times_s, tuple(people))

    def _faces_of(self, frames: FrameSource, crops: bool
                  ) -> Iterator[tuple[FrameFaces | VideoFrame, list[tuple[int, Image]]]]:
        """Each frame with its people and, by their ids, the crops."""
        if crops:
            yield from ((frame, [(1, frame.image)]) for frame in frames)
            return
        for seen in self.faces.run(frames):
            faces, cut = [], []
            for face in seen.faces:
                if face.status in CROPPED:
                    try:
                        cut.append((face.id, self.faces.crop(seen, face)))
                    except AlignmentError:
                        continue  # landmarks that are those of no face: as good as absent
                faces.append(face)
            yield replace(seen, faces=tuple(faces)), cut

    @property
    def answers_frames(self) -> bool:
        """Whether the timeline has an answer for every frame, in place of windows."""
        recognizer = self.model.module if isinstance(self.model, BaseTTAModel) else self.model
        head = getattr(recognizer, 'cls_head', None)
        return isinstance(head, PerFrameHead) and head.answer == 'frames'

    @property
    def faces(self) -> FacePipeline:
        """What finds and cuts out faces; built when it is needed first."""
        if self._faces is None:
            self._faces = FacePipeline(self._face_settings)
        return self._faces

    def _person(self, stay: Stay, kept: KeptFrames, windows: WindowSettings,
                min_frames: int) -> Person:
        coverage, crops = stay.coverage(), len(stay.cropped)
        if crops < max(min_frames, 1):
            return Person(stay, coverage, crops)
        whole, = self._answer(stay, kept, [(0, len(stay.numbers))])
        if whole.frame_probabilities is not None:
            timeline = frame_timeline(stay, whole)
        else:
            spans = window_spans(windows, stay.times_s)
            covered = [(first, behind) for first, behind in spans.tolist()
                       if stay.coverage(first, behind) >= windows.min_coverage]
            answers = self._answer(stay, kept, covered)
            timeline = window_timeline(stay, spans, zip(covered, answers, strict=True),
                                       len(self.classes))
        return Person(stay, coverage, crops, whole, timeline)

    def _answer(self, stay: Stay, kept: KeptFrames,
                spans: Sequence[tuple[int, int]]) -> Iterator[Answer]:
        """Answers for some spans of a stay (first place, place behind the last), one by one."""
        cropped = stay.cropped
        asked = []
        for first, behind in spans:
            inside = cropped[(cropped >= first) & (cropped < behind)]
            asked.append(Asked(stay.id, int(np.searchsorted(cropped, first)), CropClip(
                f'person {stay.id}', inside - first + 1, dict(start_index=0),
                stay.runs(first, behind))))
        found = kept.answers(asked, self.classes)
        return (in_video(self._joined(samples), stay.numbers[first:behind])
                for (first, behind), samples in zip(spans, found, strict=True))

    def _joined(self, samples: list[Answer]) -> Answer:
        if samples[0].frame_probabilities is not None:
            return joined(samples, self.classes)
        if len(samples) > 1:
            raise ConfigError('test_dataloader.dataset.repeat makes several samples of a clip, but '
                              'the model answers for the whole; set repeat=None')
        return samples[0]
