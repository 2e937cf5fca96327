"""Score fusion, the baseline: every frame is classified, the scores are averaged.

Sources: Meng et al., Frame Attention Networks, ICIP 2019, section 3.2: "generates scores
for individual frame and applies score fusion (summation) for all frames";
Aminbeidokhti et al., ICIAR 2019, Eq. (7): frames independent of each other.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmaction.structures import ActionDataSample
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.models.heads.fused_frame_head import FusedFrameHead
from mmfer.models.heads.fusion import mean_probability
from mmfer.models.heads.labels import accuracy, video_targets
from mmfer.models.packing import uniform_weights
from mmfer.registry import MODELS
from mmfer.structures import VideoFeatures

FUSIONS = ('probabilities', 'logits')


@MODELS.register_module()
class ScoreFusionHead(FusedFrameHead):
    """Linear(D, C) on every frame vector (N, T, D); scores averaged over the frames.

    Test: ``fusion='probabilities'``, p_v = 1/T sum_i softmax(W f_i + b), FAN's sum up to
    the factor 1/T; ``fusion='logits'``, p_v = softmax(1/T sum_i (W f_i + b)), average
    pooling "on the scoring function before the softmax normalization", which ranks the
    classes as the product of the frames' probabilities does.

    Training: the frames carry the video's label; their losses are averaged over the
    frames of a video, then over the videos, so that long videos count no more than short.
    ``FRAME_WEIGHTS`` are 1/T for every frame.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        dropout: On the frame vectors in training.
        bias: Give the linear layer a bias.
        fusion: ``'probabilities'`` or ``'logits'``, what is averaged.
        loss: Config of the loss, called as ``loss(logits (S, C), labels (S,),
            reduction='none')``, or with distributions (S, C) where it has ``soft_labels``;
            defaults to ``dict(type='CrossEntropyLoss')``. Its ``class_weight`` multiplies the
            frames' losses without renormalisation.
        init_cfg: MMEngine's initialisation, in place of torch's.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 dropout: float = 0.0,
                 bias: bool = True,
                 fusion: str = 'probabilities',
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(num_classes, in_channels, dropout, bias, loss, init_cfg)
        if fusion not in FUSIONS:
            raise ConfigError(f'ScoreFusionHead: fusion={fusion!r} is not one of {FUSIONS}')
        self.fusion = fusion

    def join(self, logits: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Fused scores (N, C), a log up to a constant, and the frames' shares (N, T)."""
        if self.fusion == 'probabilities':
            return mean_probability(logits, mask)
        shares = uniform_weights(mask, logits)
        return (logits * shares.unsqueeze(-1)).sum(dim=1), shares

    def loss(self, features: VideoFeatures,
             data_samples: Sequence[ActionDataSample]) -> dict[str, Tensor]:
        """``loss_cls``, and ``top1_acc`` of the fused scores for the log."""
        labels, targets = video_targets(data_samples, self.num_classes, features.feats.device,
                                        self.loss_cls)
        logits = self.frame_logits(features)
        frames = features.mask.shape[1]
        each = self.loss_cls(logits.flatten(0, 1), targets.repeat_interleave(frames, dim=0),
                             reduction='none').unflatten(0, (len(labels), frames))
        fused, shares = self.join(logits.detach(), features.mask)
        return dict(loss_cls=(each * shares).sum(dim=1).mean(), top1_acc=accuracy(fused, labels))
