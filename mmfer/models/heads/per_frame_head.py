"""What heads share that answer for every frame: labels, loss, and two kinds of answer.

Axes: N videos, T frames, D channels, C classes.
"""
from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

from mmaction.structures import ActionDataSample
from mmengine.model import BaseModule
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.models.heads.fusion import mean_probability
from mmfer.models.heads.labels import IGNORED, accuracy, frame_labels, soft_labels
from mmfer.models.packing import full_precision
from mmfer.registry import MODELS
from mmfer.structures import FRAME_SCORES, FRAME_WEIGHTS, VideoFeatures

ANSWERS = ('frames', 'clip')


class PerFrameHead(BaseModule):
    """Base of the heads that are trained on labels of frames.

    A subclass defines :meth:`frame_logits`. The loss is the mean over all labelled frames
    of the batch: frames labelled -1, and those that the mask leaves out, do not count, and a
    batch of nothing else has the loss 0, with a gradient of zero for every parameter. Where only
    the clip has a label, each of its frames carries it.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        answer: ``'frames'``, one answer per frame, or ``'clip'``, the mean of the frames'
            probabilities as the answer for the clip. Training is the same.
        loss: Config of the loss, called as ``loss(logits (n, C), labels (n,))`` on the
            labelled frames; defaults to ``dict(type='CrossEntropyLoss')``. One with
            ``soft_labels`` is refused: labels of frames have no distributions.
        init_cfg: MMEngine's initialisation.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 answer: str = 'frames',
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if answer not in ANSWERS:
            raise ConfigError(f'{type(self).__name__}: answer={answer!r} is not one of {ANSWERS}')
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.answer = answer
        self.loss_cls = MODELS.build(loss or dict(type='CrossEntropyLoss'))
        if soft_labels(self.loss_cls):
            raise ConfigError(f'{type(self).__name__}: the loss has soft_labels=True, but labels '
                              'of frames have no distributions; set soft_labels=False')

    @abstractmethod
    def frame_logits(self, feats: Tensor, mask: Tensor) -> Tensor:
        """Logits (N, T, C) of frame vectors (N, T, D), which are zero where mask (N, T) is not."""

    def _logits(self, features: VideoFeatures) -> Tensor:
        feats = features.feats
        if feats.ndim != 3 or feats.shape[2] != self.in_channels:
            hint = '; take the neck out' if feats.ndim == 2 else ''
            raise ConfigError(f'{type(self).__name__}: expects frame vectors (N, T, '
                              f'{self.in_channels}), got {tuple(feats.shape)}{hint}')
        with full_precision(feats):
            feats = feats.to(next(self.parameters()).dtype)
            return self.frame_logits(feats.masked_fill(~features.mask.unsqueeze(-1), 0.0),
                                     features.mask)

    def forward(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Logits and, where the answer is for the clip, attention by name.

        Returns:
            ``answer='frames'``: logits (N, T, C), those of padding meaningless, and nothing.
            ``answer='clip'``: the log of the mean probabilities (N, C); FRAME_WEIGHTS
            (N, T), 1/T for every frame, and FRAME_SCORES (N, T, C), both 0 at padding.
        """
        logits, mask = self._logits(features), features.mask
        if self.answer == 'frames':
            return logits, {}
        fused, weights = mean_probability(logits, mask)
        scores = logits.softmax(dim=-1).masked_fill(~mask.unsqueeze(-1), 0.0)
        return fused, {FRAME_WEIGHTS: weights, FRAME_SCORES: scores}

    def loss(self, features: VideoFeatures,
             data_samples: Sequence[ActionDataSample]) -> dict[str, Tensor]:
        """``loss_cls``, and ``top1_acc``, the share of labelled frames that are right."""
        labels = frame_labels(data_samples, features.mask, self.num_classes,
                              [count * length for count, length in features.clips])
        logits, kept = self._logits(features), labels != IGNORED
        if not bool(kept.any()):
            nothing = logits.sum() * 0.0
            return dict(loss_cls=nothing, top1_acc=nothing.detach())
        return dict(loss_cls=self.loss_cls(logits[kept], labels[kept]),
                    top1_acc=accuracy(logits[kept], labels[kept]))

    def predict(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Probabilities (N, T, C) or, of the answer for the clip, (N, C), and attention.

        Those of frames that do not count are 0 for every class: there is no answer for them.
        """
        logits, weights = self(features)
        scores = logits.softmax(dim=-1)
        if self.answer == 'frames':
            scores = scores.masked_fill(~features.mask.unsqueeze(-1), 0.0)
        return scores, weights
