"""Answers of a trained model for every frame of clips that need no labels."""
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.runner import Runner
from numpy.typing import NDArray

from mmfer.annotations import Row
from mmfer.cli.counter import Counter
from mmfer.cli.trained_model import TrainedModel
from mmfer.datasets import UnlabelledDataset
from mmfer.errors import ConfigError
from mmfer.evaluation.frame_predictions import FramePredictions
from mmfer.evaluation.windows import join_windows
from mmfer.structures import video_frames

Answers = dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]


@torch.no_grad()
def answer_frames(trained: TrainedModel, rows: Sequence[Row], classes: Sequence[str],
                  root: str) -> Answers:
    """Runs a model over all present frames of clips, as a test of its config would.

    Frames that the pipeline's :class:`~mmfer.datasets.transforms.MissingFaces` drops or masks
    have no answer; those that it repeats have.

    Args:
        trained: The model and its config, whose test pipeline and windows are used.
        rows: The clips, as rows of an annotation file; labels are not looked at.
        classes: Class names of the model.
        root: Folder that their paths are relative to.

    Returns:
        Of each clip the frames (T,) that were answered, 1-based and ascending, and the class
        (T,) of each; T is 0 for a clip without a frame.

    Raises:
        ConfigError: The model has no answers per frame, or the pipeline leaves frames out.
    """
    answers: Answers = {row['clip']: (np.zeros(0, np.int64), np.zeros(0, np.int64))
                        for row in rows}
    if not any(row['num_frames'] for row in rows):
        return answers
    settings = trained.cfg.test_dataloader.to_dict()
    given = settings['dataset']
    settings['dataset'] = UnlabelledDataset(rows, classes, root, given['pipeline'],
                                            given.get('repeat'))
    loader = Runner.build_dataloader(settings, seed=trained.cfg.randomness.seed)
    windows: dict[str, dict[int, FramePredictions]] = {}
    done = 0
    with Counter('windows answered', len(loader.dataset)) as counter:
        for batch in loader:
            for sample in trained.model.test_step(batch):
                scores = sample.get('pred_frame_scores')
                if scores is None:
                    raise ConfigError('the model answers for clips; a submission needs an answer '
                                      "for every frame, such as of CBAM + BLSTM with "
                                      "cls_head.answer='frames'.")
                window = _window(sample, scores.float().cpu().numpy())
                place = int(sample.get('repeat_index') or 0)
                windows.setdefault(window.clip, {}).setdefault(place, window)
                done += 1
            counter(done)
    policy = settings['dataset'].missing_faces
    present = {row['clip']: row['num_frames'] if policy is None or policy.policy == 'mask'
               else policy.count(row) for row in rows}
    for clip, of_clip in windows.items():
        track = join_windows([of_clip[place] for place in sorted(of_clip)])
        if track is None or len(track.frame_numbers) != present[clip]:
            count = 0 if track is None else len(track.frame_numbers)
            raise ConfigError(f'clip {clip!r}: {count} of {present[clip]} frames are answered; the '
                              'test pipeline must sample all, as WindowSample and AllFrames do.')
        answers[clip] = (track.frame_numbers.astype(np.int64), track.scores.argmax(1))
    return answers


def _window(sample: ActionDataSample, scores: NDArray[np.float32]) -> FramePredictions:
    clip, numbers = sample.get('clip'), video_frames(sample)
    # any label but -1 keeps a frame; one that only fills a window up has the number of an
    # earlier one, whose answer counts
    present = np.asarray(sample.get('frame_present', np.ones(len(numbers), bool)))
    return FramePredictions(clip, '', numbers, np.where(present, 0, -1), scores, clip)
