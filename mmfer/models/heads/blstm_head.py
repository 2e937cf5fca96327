"""Bidirectional LSTM over the frames, one answer per frame.

Source: Liu et al., Emotion Recognition for In-the-wild Videos, FG 2020 (ABAW), section III.
"""
from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mmfer.models.heads.per_frame_head import PerFrameHead
from mmfer.models.packing import front_order, put_back, take_in_order
from mmfer.registry import MODELS


@MODELS.register_module()
class BLSTMHead(PerFrameHead):
    """BLSTM (D -> 2 H), Linear (2 H -> H), Linear (H -> C) on every frame, nothing between.

    With h_t the states of both directions at frame t, the logits are W2 (W1 h_t + b1) + b2,
    as in the released code, which has neither activation nor dropout between the layers.
    Videos are packed: neither padding nor masked frames are read, and a video's answer does not
    depend on the others in the batch. The layers keep torch's initialisation.

    Args:
        num_classes: C.
        in_channels: D of the frame vectors.
        hidden_channels: H, width of the state of each direction.
        answer: See :class:`~mmfer.models.heads.per_frame_head.PerFrameHead`.
        loss: See there.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 num_classes: int,
                 in_channels: int,
                 hidden_channels: int = 64,
                 answer: str = 'frames',
                 loss: dict[str, Any] | None = None,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(num_classes, in_channels, answer, loss, init_cfg)
        self.lstm = nn.LSTM(in_channels, hidden_channels, batch_first=True, bidirectional=True)
        self.fc1 = nn.Linear(2 * hidden_channels, hidden_channels)
        self.fc2 = nn.Linear(hidden_channels, num_classes)

    def frame_logits(self, feats: Tensor, mask: Tensor) -> Tensor:
        """Logits (N, T, C) of frame vectors (N, T, D)."""
        lengths, order = front_order(mask)
        packed = pack_padded_sequence(take_in_order(feats, order), lengths, batch_first=True,
                                      enforce_sorted=False)
        states, _ = pad_packed_sequence(self.lstm(packed)[0], batch_first=True,
                                        total_length=mask.shape[1])
        return self.fc2(self.fc1(put_back(states, order)))
