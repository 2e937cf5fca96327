"""Score fusion, the baseline of FAN: every frame is classified, the scores are summed.

Source: Meng et al., ICIP 2019, section 3.2: "generates scores for individual frame and
applies score fusion (summation) for all frames".
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmaction.structures import ActionDataSample
from mmengine.model import BaseModule
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.heads.labels import accuracy, video_labels
from mmfer.models.packing import full_precision, uniform_weights
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS, VideoFeatures


@MODELS.register_module()
class ScoreFusionHead(BaseModule):
    """Linear(D, C) on every frame vector (N, T, D); scores averaged over the frames.

    Test: p_v = 1/T sum_i softmax(W f_i + b), the paper's sum up to the factor 1/T.
    Training: the frames carry the video's label; their losses are averaged over the
    frames of a video, then over the videos, so that long videos count no more than short.
    The layer keeps torch's initialisation, U(-1/sqrt(D), 1/sqrt(D)), for weight and bias.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        dropout: On the frame vectors in training.
        loss: Config of the loss, called as ``loss(logits (S, C), labels (S,),
            reduction='none')``; defaults to ``dict(type='CrossEntropyLoss')``. Its
            ``class_weight`` multiplies the frames' losses without renormalisation.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.in_channels = in_channels
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(in_channels, num_classes)
        self.loss_cls = MODELS.build(loss or dict(type='CrossEntropyLoss'))

    def frame_logits(self, features: VideoFeatures) -> Tensor:
        """Logits of every frame, (N, T, C); those of padding are those of a zero vector."""
        feats = features.feats
        if feats.ndim != 3 or feats.shape[2] != self.in_channels:
            hint = '; take the neck out, or use LinearHead' if feats.ndim == 2 else ''
            raise ConfigError(f'ScoreFusionHead: expects frame vectors (N, T, {self.in_channels}),'
                              f' got {tuple(feats.shape)}{hint}')
        with full_precision(feats):
            feats = feats.to(self.fc.weight.dtype).masked_fill(~features.mask.unsqueeze(-1), 0.0)
            return self.fc(self.dropout(feats))

    def fuse(self, logits: Tensor, mask: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Fused log scores (N, C) of frame logits (N, T, C), and the frames' shares."""
        weights = uniform_weights(mask, logits)
        # log of a mean of probabilities; the weight of padding is log 0
        joint = logits.log_softmax(dim=-1) + weights.unsqueeze(-1).log()
        return joint.logsumexp(dim=1), {FRAME_WEIGHTS: weights}

    def forward(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Log of the fused scores (N, C), whose softmax are the scores themselves.

        Returns:
            Logits (N, C); ``FRAME_WEIGHTS`` (N, T), 1/T for every frame.
        """
        return self.fuse(self.frame_logits(features), features.mask)

    def loss(self, features: VideoFeatures,
             data_samples: Sequence[ActionDataSample]) -> dict[str, Tensor]:
        """``loss_cls``, and ``top1_acc`` of the fused scores for the log."""
        labels = video_labels(data_samples, self.num_classes, features.feats.device)
        logits = self.frame_logits(features)
        frames = features.mask.shape[1]
        each = self.loss_cls(logits.flatten(0, 1), labels.repeat_interleave(frames),
                             reduction='none').unflatten(0, (len(labels), frames))
        fused, weights = self.fuse(logits.detach(), features.mask)
        loss = (each * weights[FRAME_WEIGHTS]).sum(dim=1).mean()
        return dict(loss_cls=loss, top1_acc=accuracy(fused, labels))

    def predict(self, features: VideoFeatures) -> tuple[Tensor, dict[str, Tensor]]:
        """Probabilities (N, C), each row summing to 1, and ``FRAME_WEIGHTS`` (N, T)."""
        logits, weights = self(features)
        return logits.softmax(dim=-1), weights
