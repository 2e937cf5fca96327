"""C3D-LSTM: a head of MMAction2's recognizers that reads the clips of a video in order."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmaction.models.heads import BaseHead
from mmaction.structures import ActionDataSample
from torch import Tensor, nn

from mmfer.errors import MediaError
from mmfer.models.necks.lstm import LSTMNeck
from mmfer.models.packing import full_precision, pad_packed
from mmfer.registry import MODELS


@MODELS.register_module()
class ClipLSTMHead(BaseHead):
    """LSTM over the clip vectors of a video, then Linear(H, C) on its last state.

    For ``Recognizer3D``, whose trunk gives one vector per clip, as C3D does: the baseline
    C3D-LSTM of Liu et al., CEFLNet, 2022, after Parmar and Tran Morris, CVPR Workshops 2017.

    Args:
        num_classes: C.
        in_channels: D of the clip vectors; 4,096 of C3D.
        hidden_channels: H, width of the LSTM's state.
        num_layers: Stacked layers of the LSTM.
        dropout: On the clip vectors and, behind the LSTM, on its state, in training.
        loss_cls: Config of the loss, called as ``loss(logits (N, C), labels (N,))``.
        topk: Accuracies for the log.
        init_cfg: MMEngine's initialisation, in place of torch's.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 hidden_channels: int = 512,
                 num_layers: int = 1,
                 dropout: float = 0.5,
                 loss_cls: dict[str, Any] | None = None,
                 topk: int | Sequence[int] = (1, ),
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(num_classes, in_channels, loss_cls or dict(type='CrossEntropyLoss'),
                         topk=topk if isinstance(topk, int) else tuple(topk),
                         average_clips='prob', init_cfg=init_cfg)
        self.lstm = LSTMNeck(in_channels, hidden_channels, num_layers, dropout=dropout)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(self.lstm.out_channels, num_classes)

    def forward(self, x: Tensor, num_clips: Sequence[int] = (), **kwargs: Any) -> Tensor:
        """Logits (N, C) of N videos.

        Args:
            x: (sum of K, D) vectors of the clips of all videos, one video after another.
            num_clips: K of each video; without it all clips are of one video.
            **kwargs: What a recognizer hands on beside: nothing that matters here.
        """
        padded, mask = pad_packed(x, tuple(num_clips) or (len(x), ))
        with full_precision(padded):
            return self.fc(self.dropout(self.lstm(padded, mask).feats))

    def loss(self, feats: Tensor, data_samples: Sequence[ActionDataSample],
             **kwargs: Any) -> dict[str, Tensor]:
        """``loss_cls`` and accuracies."""
        return self.loss_by_feat(self(feats, self._num_clips(feats, data_samples)), data_samples)

    def predict(self, feats: Tensor, data_samples: Sequence[ActionDataSample],
                **kwargs: Any) -> Sequence[ActionDataSample]:
        """The samples with ``pred_score``, probabilities (C,), and ``pred_label``."""
        return self.predict_by_feat(self(feats, self._num_clips(feats, data_samples)),
                                    data_samples)

    @staticmethod
    def _num_clips(feats: Tensor, data_samples: Sequence[ActionDataSample]) -> list[int]:
        """K of each video, as the sampler states it in the data samples."""
        counts = [int(sample.get('num_clips', 1)) for sample in data_samples]
        if sum(counts) != len(feats):
            raise MediaError(f'{len(feats)} clips reach ClipLSTMHead, but num_clips of the '
                             f'{len(counts)} data samples add up to {sum(counts)}; end the '
                             "pipeline with FormatShape(input_format='NCTHW') and "
                             'PackExpressionInputs')
        return counts
