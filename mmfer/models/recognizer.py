"""The one flow for all methods on frame trunks.

    uint8 frames (U, 3, H, W) -> backbone -> frame_pool -> (U, D)
        -> gathered, padded (N, T, D) + mask (N, T) -> neck -> cls_head

Axes: N videos, T frames, U distinct frames of the batch, D channels, C classes.
"""
from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmaction.structures import ActionDataSample
from mmengine.model import BaseModel
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.backbones.builder import (
    build_trunk,
    trunk_attention,
    trunk_channels,
    trunk_output,
)
from mmfer.models.packing import pad_packed
from mmfer.registry import MODELS
from mmfer.structures import CLIP_AXIS, ClipLayout, GappedLayout, PackedFrames, VideoFeatures


@MODELS.register_module()
class ExpressionRecognizer(BaseModel):
    """``backbone -> frame_pool -> neck -> cls_head`` on packed videos of any lengths.

    In training all frames of a batch are encoded at once, so that batch normalisation
    sees them together; in evaluation at most ``frame_chunk`` at a time are moved to the
    device, normalised and encoded. A frame that was sampled twice is encoded once.

    ``in_channels`` may be left out of ``frame_pool``, ``neck`` and ``cls_head``: it is then
    taken from the trunk (one dry forward) and from the ``out_channels`` of the part before.
    A frame pool that keeps the trunk's width needs neither of the two.

    Args:
        backbone: Trunk, of mmaction's, ``mmpretrain.``, ``torchvision.`` or ``timm.``
            types; see :func:`~mmfer.models.backbones.build_trunk`.
        cls_head: Head, e.g. ``dict(type='LinearHead', num_classes=7)``.
        frame_pool: Feature maps to frame vectors; defaults to GlobalAveragePool.
        neck: Frame vectors to video vectors; None hands frame vectors to the head.
        data_preprocessor: Packing and normalisation; defaults to FrameDataPreprocessor.
        frame_chunk: Most frames encoded at a time in evaluation.
        channels_last: Run the trunk in the channels-last layout.
        frozen: Names of parts that stay as they are, e.g. ``('backbone',)`` or
            ``('backbone.layer1',)``: no gradients, evaluation mode (batch statistics,
            dropout) in training too.
        init_cfg: MMEngine's initialisation.
    """

    def __init__(self,
                 backbone: dict[str, Any],
                 cls_head: dict[str, Any],
                 frame_pool: dict[str, Any] | None = None,
                 neck: dict[str, Any] | None = None,
                 data_preprocessor: dict[str, Any] | nn.Module | None = None,
                 frame_chunk: int = 64,
                 channels_last: bool = False,
                 frozen: Sequence[str] = (),
                 init_cfg: dict[str, Any] | None = None) -> None:
        # built here, not by the parent, which knows MMEngine's own registry only
        if not isinstance(data_preprocessor, nn.Module):
            data_preprocessor = MODELS.build(data_preprocessor or
                                             dict(type='FrameDataPreprocessor'))
        super().__init__(data_preprocessor, init_cfg)
        if frame_chunk < 1:
            raise ConfigError(f'frame_chunk={frame_chunk}: must be at least 1')
        self.frame_chunk = frame_chunk
        self.channels_last = channels_last
        self.frozen = tuple(frozen)

        self.backbone = build_trunk(backbone)
        frame_pool = frame_pool or dict(type='GlobalAveragePool')
        if _takes_width(frame_pool['type']):
            frame_pool = self._with_channels(frame_pool)
        self.frame_pool = MODELS.build(frame_pool)
        self.neck, before = None, self.frame_pool
        if neck is not None:
            self.neck = before = MODELS.build(self._with_channels(neck, self.frame_pool))
        self.cls_head = MODELS.build(self._with_channels(cls_head, before))
        if channels_last:
            # torch's own stubs did not know this argument before 2.15
            self.backbone.to(  # type: ignore[call-overload, unused-ignore]
                memory_format=torch.channels_last)
        for part in self._frozen_parts():
            part.requires_grad_(False)

    def _with_channels(self, config: dict[str, Any],
                       before: nn.Module | None = None) -> dict[str, Any]:
        if 'in_channels' in config:
            return config
        width = before.out_channels if before is not None else None
        return {**config, 'in_channels': width or trunk_channels(self.backbone)}

    def _frozen_parts(self) -> list[nn.Module]:
        try:
            return [self.get_submodule(name) for name in self.frozen]
        except AttributeError as error:
            raise ConfigError(f'frozen={self.frozen}: {error}; the parts are '
                              f'{", ".join(name for name, _ in self.named_children())}') from error

    def train(self, mode: bool = True) -> ExpressionRecognizer:
        """Sets the mode of all but the frozen parts, which stay in evaluation mode."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        return self

    def forward(self,
                inputs: PackedFrames,
                data_samples: Sequence[ActionDataSample] | None = None,
                mode: str = 'tensor') -> Tensor | dict[str, Tensor] | list[ActionDataSample]:
        """Runs the model on what the data preprocessor gives.

        Args:
            inputs: The packed frames of N videos.
            data_samples: Their data samples; needed for ``'loss'``.
            mode: ``'tensor'`` gives logits, (N, C) or, of a head that answers for every
                frame, (N, T, C); ``'loss'`` a dictionary of losses; ``'predict'`` the data
                samples with ``pred_score`` (C,) and ``pred_label`` (1,), or with
                ``pred_frame_scores`` (T, C), and with ``attention``, a dictionary of
                float32 tensors by stable name, cut to the video's T frames or K clips;
                all on the CPU. Frames that ``inputs.present`` leaves out have 0 everywhere.
        """
        if mode == 'tensor':
            return self.cls_head(self.extract_videos(inputs))[0]
        if mode == 'loss':
            if data_samples is None:
                raise ValueError("mode='loss' needs data_samples with labels")
            features = self.extract_videos(inputs)
            return {**features.losses, **self.cls_head.loss(features, data_samples)}
        if mode == 'predict':
            return self.predict(inputs, data_samples)
        raise ValueError(f"mode={mode!r} is not one of 'tensor', 'loss', 'predict'")

    def predict(self, inputs: PackedFrames,
                data_samples: Sequence[ActionDataSample] | None) -> list[ActionDataSample]:
        """Predictions; see :meth:`forward`."""
        return self.answer(self.extract_videos(inputs), data_samples)

    def answer(self, videos: VideoFeatures,
               data_samples: Sequence[ActionDataSample] | None = None) -> list[ActionDataSample]:
        """What the head makes of N videos, as :meth:`forward` describes ``'predict'``.

        Args:
            videos: What :meth:`join_frames` gives.
            data_samples: The data samples to write into; new ones by default.
        """
        probabilities, head_weights = self.cls_head.predict(videos)
        scores = probabilities.detach().float().cpu()
        weights = {name: weight.detach().float().cpu()
                   for name, weight in {**videos.weights, **head_weights}.items()}
        if data_samples is None:
            data_samples = [ActionDataSample() for _ in videos.clips]
        for i, (sample, (num_clips, clip_len)) in enumerate(zip(data_samples, videos.clips,
                                                                strict=True)):
            length = num_clips * clip_len
            if scores.ndim == 3:
                sample.set_field(scores[i, :length], 'pred_frame_scores')
            else:
                sample.set_pred_score(scores[i])
                sample.set_pred_label(int(scores[i].argmax()))
            attention = {name: weight[i, :num_clips if name in CLIP_AXIS else length]
                         for name, weight in weights.items()}
            sample.set_field(attention, 'attention')
        return list(data_samples)

    def extract_videos(self, inputs: PackedFrames) -> VideoFeatures:
        """What the head gets: the neck's output, or the frame vectors without a neck."""
        return self.join_frames(self.extract_frames(inputs))

    def join_frames(self, frames: VideoFeatures) -> VideoFeatures:
        """What the neck makes of frame vectors (N, T, D); without a neck they stay as they are."""
        if self.neck is None:
            return frames
        videos = self.neck(frames.feats, frames.mask, frames.clips)
        return VideoFeatures(videos.feats, videos.mask, {**frames.weights, **videos.weights},
                             {**frames.losses, **videos.losses}, frames.clips)

    def extract_frames(self, inputs: PackedFrames) -> VideoFeatures:
        """Frame vectors (N, T, D), padded with zeros, and the frame pool's weights and losses."""
        vectors, weights = self.encode_frames(inputs.frames)
        return self.arrange_frames(vectors, weights, inputs.gather, inputs.lengths, inputs.clips,
                                   inputs.present)

    def arrange_frames(self, vectors: Tensor, weights: Mapping[str, Tensor], gather: Tensor,
                       lengths: Sequence[int], clips: ClipLayout,
                       present: Tensor | None = None) -> VideoFeatures:
        """Lays encoded frames out as N videos, as :meth:`extract_frames` does.

        Args:
            vectors: (U, D) of the distinct frames, from :meth:`encode_frames`.
            weights: Their weights, (U, ...) each.
            gather: (sum T,) int64, for every sampled frame its row in ``vectors``.
            lengths: Sampled frames T of each video.
            clips: (num_clips, clip_len) of each video.
            present: (sum T,) bool, which sampled frames count; None: all.
        """
        taken = {name: _take(weight, gather) for name, weight in weights.items()}
        padded, mask = pad_packed(_take(vectors, gather), lengths)
        frames = VideoFeatures(
            padded, mask,
            {name: pad_packed(weight, lengths)[0] for name, weight in taken.items()}, {}, clips)
        if present is not None:
            present = present.to(mask.device)
            taken = {name: weight[present] for name, weight in taken.items()}
            frames = _gapped(frames, pad_packed(present, lengths)[0])
        frames.losses = self.frame_pool.losses(taken)
        return frames

    def encode_frames(self, frames: Tensor,
                      frame_chunk: int | None = None) -> tuple[Tensor, dict[str, Tensor]]:
        """Uint8 frames (U, 3, H, W) to vectors (U, D) and the frame pool's weights, (U, ...) each.

        Args:
            frames: On any device.
            frame_chunk: Most frames encoded at a time in evaluation, in place of the
                recognizer's own; in training it is all of them.
        """
        chunk = len(frames) if self.training else frame_chunk or self.frame_chunk
        parts = [self._encode_chunk(part) for part in frames.split(chunk)]
        if len(parts) == 1:
            return parts[0]
        return (torch.cat([vectors for vectors, _ in parts]),
                {name: torch.cat([weights[name] for _, weights in parts])
                 for name in parts[0][1]})

    def _encode_chunk(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        floats = self.data_preprocessor.normalize(self.data_preprocessor.move(frames),
                                                  self.channels_last)
        vectors, weights = self.frame_pool(trunk_output(self.backbone, floats))
        return vectors, {**trunk_attention(self.backbone), **weights}


def _takes_width(kind: str | type) -> bool:
    built = MODELS.get(kind) if isinstance(kind, str) else kind
    return built is not None and 'in_channels' in inspect.signature(built).parameters


def _gapped(frames: VideoFeatures, mask: Tensor) -> VideoFeatures:
    """Frames of which only those where ``mask`` (N, T) is True count; others have no weights."""
    weights = {name: weight.masked_fill(~mask.view(*mask.shape, *[1] * (weight.ndim - 2)), 0)
               for name, weight in frames.weights.items()}
    return VideoFeatures(frames.feats, mask, weights, clips=GappedLayout(frames.clips))


def _take(rows: Tensor, gather: Tensor) -> Tensor:
    """``rows[gather]``, without a copy where that is all rows in order."""
    if torch.equal(gather, torch.arange(len(rows), device=gather.device)):
        return rows
    return rows.index_select(0, gather.to(rows.device))
