"""CEFLNet: frame vectors to clip vectors to one vector per video.

Source: Liu et al., Clip-aware Expressive Feature Learning for Video-based Facial Expression
Recognition, Information Sciences 2022, Eq. (1)-(8).
"""
from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseModule
from torch import Tensor

from mmfer.errors import ConfigError
from mmfer.models.necks.clip_encoder import LocalGlobalRelation, SelfAttentionLearning
from mmfer.models.necks.eian import EmotionalIntensityActivation
from mmfer.models.packing import (
    full_precision,
    lengths_to_mask,
    pad_packed,
    uniform_weights,
    unpad,
)
from mmfer.registry import MODELS
from mmfer.structures import (
    ACTIVATION_MAP,
    CLIP_SCORES,
    FRAME_WEIGHTS,
    RELATION_WEIGHTS,
    ClipLayout,
    GappedLayout,
    VideoFeatures,
)

VARIANTS = {
    'counted': dict(num_heads=4, residual=True, pair='raw', aggregate='pairs'),
    'equations': dict(num_heads=1, residual=False, pair='attended', aggregate='frames'),
}


@MODELS.register_module()
class CEFLNeck(BaseModule):
    """CEFLNet: clip-based feature encoder (SAL, LRL), then EIAN.

    Takes the frame vectors v (N, T, D) of videos that the sampler divided into clips
    (``ClipSample``); clips are encoded one by one, then weighed against each other:

        f' = SAL(v)           self-attention within a clip, Eq. (1)
        R  = LRL(v, f')       frames weighed against the whole clip, Eq. (2), (3)
        V  = EIAN(R)          clips weighed against each other, Eq. (5)-(8)

    See the modules of the same names. The three parts can be left out one by one, for the
    paper's Table 6, which does not say what stands in their place. Here it is the mean, which
    prefers nothing: without SAL f' = v; without LRL R is the mean of the clip's f'; without
    EIAN V is the mean of the clips' R. Without any of the three the neck has no parameters.

    Videos of a batch may differ in the number of clips and in their length. Frames where the
    mask is False weigh nothing and receive no gradient, whatever they hold; where it is False
    within a video, ``clips`` is a :class:`~mmfer.structures.GappedLayout`, and clips of no other
    frames weigh nothing. All of it runs in
    float32 (or float64 where the parameters are) under autocast too. The layers keep torch's
    initialisation.

    Args:
        in_channels: D of the frame vectors, also of the video's.
        sal: Use self-attention within a clip.
        lrl: Use the relation of frames to their clip.
        eian: Use the scores of clips.
        variant: Defaults of the four options below. ``'counted'`` is the network whose
            parameters the paper's Table 8 counts, the released code's; ``'equations'`` is
            the smaller one that the paper's equations describe: one head, no residual and
            no layer normalisation in Eq. (1), [g : f'_k] in Eq. (2), f'_k alone in Eq. (3).
        num_heads: Heads of SAL, 4 or 1.
        residual: Residual and layer normalisation in SAL.
        pair: ``'raw'`` or ``'attended'``, see
            :class:`~mmfer.models.necks.clip_encoder.LocalGlobalRelation`.
        aggregate: ``'pairs'`` or ``'frames'``, see there.
        attention_dropout: On SAL's attention weights in training.
        relation_dropout: On the input of LRL's weights in training.
        activation_map: Also give ACTIVATION_MAP (needs ``eian``).
        init_cfg: MMEngine's initialisation, in place of torch's.
    """

    def __init__(self,
                 in_channels: int,
                 sal: bool = True,
                 lrl: bool = True,
                 eian: bool = True,
                 variant: str = 'counted',
                 num_heads: int | None = None,
                 residual: bool | None = None,
                 pair: str | None = None,
                 aggregate: str | None = None,
                 attention_dropout: float = 0.1,
                 relation_dropout: float = 0.5,
                 activation_map: bool = False,
                 init_cfg: dict[str, Any] | list[dict[str, Any]] | None = None) -> None:
        super().__init__(init_cfg)
        if variant not in VARIANTS:
            raise ConfigError(f'CEFLNeck: variant={variant!r} is not one of {tuple(VARIANTS)}')
        if activation_map and not eian:
            raise ConfigError('CEFLNeck: activation_map=True needs eian=True, which makes it')
        given = dict(num_heads=num_heads, residual=residual, pair=pair, aggregate=aggregate)
        chosen: dict[str, Any] = {**VARIANTS[variant],
                                  **{k: v for k, v in given.items() if v is not None}}
        self.in_channels = self.out_channels = in_channels
        self.activation_map = activation_map
        self.sal = SelfAttentionLearning(in_channels, chosen['num_heads'], chosen['residual'],
                                         attention_dropout) if sal else None
        self.lrl = LocalGlobalRelation(in_channels, chosen['pair'], chosen['aggregate'],
                                       relation_dropout) if lrl else None
        self.eian = EmotionalIntensityActivation(in_channels) if eian else None

    def forward(self, feats: Tensor, mask: Tensor, clips: ClipLayout = ()) -> VideoFeatures:
        """Aggregates.

        Args:
            feats: (N, T, D) frame vectors, clip after clip, padded.
            mask: (N, T) bool, True where there is a frame; at least one per video.
            clips: (number of clips n, frames of each K) of each video, n K = T; one clip
                of all frames where nothing is said.

        Returns:
            ``feats`` (N, D). ``weights``: RELATION_WEIGHTS w (N, T), with LRL;
            CLIP_SCORES A (N, n), with EIAN, whose argmax is the selected clip, Eq. (6);
            ACTIVATION_MAP M (N, n, D), on request; FRAME_WEIGHTS (N, T), the share
            A_i w_ik / sum_k w_ik of frame k of clip i. It is the factor of the k-th frame
            in the sums of Eq. (3) and (7), 1/K and 1/n standing for a part that is left out,
            and sums to 1 over a video; what SAL mixes before and the max-pooling
            chooses after, channel by channel, it does not tell.
        """
        if feats.shape[-1] != self.in_channels:
            raise ConfigError(f'CEFLNeck: in_channels={self.in_channels}, but the frame vectors '
                              f'have {feats.shape[-1]} channels')
        gapped = isinstance(clips, GappedLayout)
        clips = clips or tuple((1, length) for length in mask.sum(dim=1).tolist())
        lengths, counts = [num * size for num, size in clips], [num for num, _ in clips]
        sizes = [size for num, size in clips for _ in range(num)]
        frames_total, clips_total = sum(lengths), sum(counts)
        with full_precision(feats):
            # all frames back to back, then cut into clips, then all clips back to back
            within = lengths_to_mask(lengths, mask.device) if gapped else mask
            rows = unpad(feats, within, frames_total).to(self._dtype(feats))
            frames, in_clip = pad_packed(rows, sizes)
            seen, known = in_clip, None
            if gapped:
                there = pad_packed(unpad(mask, within, frames_total), sizes)[0]
                frames, seen, known = _counted(frames, there)
            vectors, relation, shares = self._encode_clips(
                frames, seen, not gapped and in_clip.numel() == frames_total)
            vectors, in_video = pad_packed(vectors, counts)
            video, scores, activation = self._weigh_clips(
                vectors, in_video if known is None else pad_packed(known, counts)[0])

            joint = unpad(scores, in_video, clips_total).unsqueeze(-1) * shares
            per_frame = {FRAME_WEIGHTS: joint}
            if relation is not None:
                per_frame[RELATION_WEIGHTS] = (
                    relation if known is None else relation.masked_fill(~known.unsqueeze(-1), 0.0))
            weights = {name: pad_packed(unpad(value, in_clip, frames_total), lengths)[0]
                       for name, value in per_frame.items()}
            if self.eian is not None:
                weights[CLIP_SCORES] = scores
            if activation is not None and self.activation_map:
                weights[ACTIVATION_MAP] = activation
        return VideoFeatures(video, mask, weights)

    def _dtype(self, feats: Tensor) -> torch.dtype:
        for parameter in self.parameters():
            return parameter.dtype
        return torch.promote_types(feats.dtype, torch.float32)

    def _encode_clips(self, frames: Tensor, mask: Tensor,
                      full: bool) -> tuple[Tensor, Tensor | None, Tensor]:
        """R (S, D) of S clips (S, K, D), w or None, and w / sum w (S, K).

        ``full`` says that the mask is True everywhere.
        """
        attended = frames
        if self.sal is not None:
            attended = self.sal(frames, None if full else mask)
        if self.lrl is not None:
            return self.lrl(frames, attended, mask)
        shares = uniform_weights(mask, attended)
        return torch.einsum('sk,skd->sd', shares, attended), None, shares

    def _weigh_clips(self, vectors: Tensor,
                     mask: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """V (N, D) of clip vectors (N, n, D), A (N, n) and M or None."""
        if self.eian is not None:
            return self.eian(vectors, mask)
        shares = uniform_weights(mask, vectors)
        return torch.einsum('nk,nkd->nd', shares, vectors), shares, None


def _counted(frames: Tensor, there: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Clips in which only some frames count.

    Args:
        frames: (S, K, D).
        there: (S, K) bool, True where a frame counts.

    Returns:
        The frames, zero where they do not count; a mask (S, K) that is True where they do and,
        so that all is finite, at the first frame of a clip none of whose frames does; and
        which clips have one that does, (S,) bool.
    """
    known = there.any(dim=1)
    seen = torch.cat([there[:, :1] | ~known.unsqueeze(1), there[:, 1:]], dim=1)
    return frames.masked_fill(~there.unsqueeze(-1), 0.0), seen, known
