"""Recurrent baselines: frame vectors to one vector per video by an LSTM."""
from __future__ import annotations

from typing import Any

from mmengine.model import BaseModule
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from mmfer.errors import ConfigError
from mmfer.models.necks.fan import weighted_sum
from mmfer.models.packing import (
    front_order,
    full_precision,
    masked_softmax,
    put_back,
    take_in_order,
    uniform_weights,
)
from mmfer.registry import MODELS
from mmfer.structures import FRAME_WEIGHTS, ClipLayout, VideoFeatures

POOLINGS = ('last', 'mean', 'attention')


@MODELS.register_module()
class LSTMNeck(BaseModule):
    """LSTM over the frames of a video, then one of three summaries of its states h_t.

    * ``'last'``: the state behind the last frame; with two directions beside it the
      backward one behind the first frame. It weighs no frame, hence gives no weights.
    * ``'mean'``: the mean of the h_t over the video's frames.
    * ``'attention'``: sum_t a_t h_t with a = softmax_t(u . tanh(W h_t + b)), the additive
      attention that BiLSTM baselines put on top ("an MLP-based attention learning layer
      on the output of the Bi-LSTM", as the paper of SA, CA and FA cites it). W is square;
      u has no bias, which the softmax would cancel.

    Videos are packed, so a video's answer does not depend on the others in the batch, and
    neither padding nor masked frames are read: the state goes on at the next frame. The layers
    keep torch's initialisation.

    Args:
        in_channels: D of the frame vectors.
        hidden_channels: H, width of the state of each direction.
        num_layers: Stacked layers.
        bidirectional: Run a second LSTM from the last frame to the first.
        pooling: ``'last'``, ``'mean'`` or ``'attention'``.
        dropout: In training, on the input of each layer: on the frame vectors, and
            between stacked layers.
        init_cfg: MMEngine's initialisation, in place of the default above.
    """

    def __init__(self,
                 in_channels: int,
                 hidden_channels: int = 512,
                 num_layers: int = 1,
                 bidirectional: bool = False,
                 pooling: str = 'last',
                 dropout: float = 0.0,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if pooling not in POOLINGS:
            raise ConfigError(f'LSTMNeck: pooling={pooling!r} is not one of {POOLINGS}')
        self.in_channels = in_channels
        self.out_channels = hidden_channels * (2 if bidirectional else 1)
        self.pooling = pooling
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(in_channels, hidden_channels, num_layers, batch_first=True,
                            dropout=dropout if num_layers > 1 else 0.0,
                            bidirectional=bidirectional)
        if pooling == 'attention':
            self.attention = nn.Sequential(
                nn.Linear(self.out_channels, self.out_channels), nn.Tanh(),
                nn.Linear(self.out_channels, 1, bias=False))

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Aggregates.

        Args:
            feats: (N, T, D) frame vectors, padded.
            mask: (N, T) bool, True where there is a frame; at least one per video.
            clips: Not used: a video is one sequence here.

        Returns:
            ``feats`` (N, H), or (N, 2 H) with two directions; ``weights``: FRAME_WEIGHTS
            (N, T), 1/T each of ``'mean'``, a_t of ``'attention'``; none of ``'last'``.
        """
        if feats.shape[-1] != self.in_channels:
            raise ConfigError(f'LSTMNeck: in_channels={self.in_channels}, but the frame vectors '
                              f'have {feats.shape[-1]} channels')
        with full_precision(feats):
            feats = feats.to(next(self.lstm.parameters()).dtype)
            feats = feats.masked_fill(~mask.unsqueeze(-1), 0.0)
            lengths, order = front_order(mask)
            packed = pack_padded_sequence(take_in_order(self.dropout(feats), order), lengths,
                                          batch_first=True, enforce_sorted=False)
            output, (state, _) = self.lstm(packed)
            if self.pooling == 'last':
                # the last layer's state of each direction, (directions, N, H)
                last = state.unflatten(0, (self.lstm.num_layers, -1))[-1]
                return VideoFeatures(last.transpose(0, 1).flatten(1), mask)
            states, _ = pad_packed_sequence(output, batch_first=True,
                                            total_length=mask.shape[1])
            states = put_back(states, order)
            if self.pooling == 'mean':
                weights = uniform_weights(mask, states)
            else:
                weights = masked_softmax(self.attention(states).squeeze(-1), mask)
            return VideoFeatures(weighted_sum(weights, states), mask, {FRAME_WEIGHTS: weights})
