"""One video in, one answer out: what explanations ask a recognizer.

Shape legend: N videos, T sampled frames, U distinct ones, C classes.
"""
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.recognizer import ExpressionRecognizer
from mmfer.structures import PackedFrames

OUTPUTS = ('logit', 'log_probability')


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Puts a module into evaluation mode, and each part back into its own afterwards."""
    modes = {part: part.training for part in module.modules()}
    module.eval()
    try:
        yield
    finally:
        for part, mode in modes.items():
            part.training = mode


def check_recognizer(model: nn.Module) -> ExpressionRecognizer:
    """The model, where it is of the kind that explanations need.

    Raises:
        ConfigError: It does not encode frame by frame.
    """
    if not isinstance(model, ExpressionRecognizer):
        raise ConfigError(f'{type(model).__name__} does not encode a video frame by frame, so '
                          'frames and regions cannot be told apart in it; explanations take '
                          'an ExpressionRecognizer')
    return model


def class_scores(recognizer: ExpressionRecognizer, inputs: PackedFrames,
                 output: str = 'log_probability') -> Tensor:
    """Score of each class for each video, (N, C), with gradients where they are enabled.

    Of a head that answers for every frame, the mean over the video's frames.

    Args:
        recognizer: In evaluation mode.
        inputs: N videos.
        output: ``'logit'``: what the head gives before its last function.
            ``'log_probability'``: the logarithm of the probability.

    Raises:
        ConfigError: Another output.
    """
    if output not in OUTPUTS:
        raise ConfigError(f'output={output!r} is not one of {", ".join(OUTPUTS)}')
    features = recognizer.extract_videos(inputs)
    if output == 'logit':
        scores = recognizer.cls_head(features)[0]
    else:
        probabilities = recognizer.cls_head.predict(features)[0]
        scores = probabilities.clamp_min(torch.finfo(probabilities.dtype).tiny).log()
    if scores.ndim == 3:
        mask = features.mask.unsqueeze(-1)
        scores = scores.masked_fill(~mask, 0.).sum(1) / mask.sum(1)
    return scores


@torch.no_grad()
def probabilities(recognizer: ExpressionRecognizer, inputs: PackedFrames) -> NDArray[np.float64]:
    """Probability of each class for each video, (N, C); means over frames as above."""
    with evaluating(recognizer):
        features = recognizer.extract_videos(inputs)
        answers = recognizer.cls_head.predict(features)[0].double()
    if answers.ndim == 3:
        mask = features.mask.unsqueeze(-1)
        answers = answers.masked_fill(~mask, 0.).sum(1) / mask.sum(1)
    return answers.cpu().numpy()


def choose_label(scores: Tensor, label: int | None) -> int:
    """The class to explain: the given one, or that of the highest of the scores (C,).

    Raises:
        ConfigError: There is no such class.
    """
    if label is None:
        return int(scores.argmax())
    if not 0 <= label < len(scores):
        raise ConfigError(f'label={label}: the model has classes 0 to {len(scores) - 1}')
    return label
