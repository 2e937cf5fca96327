"""From the samples of a batch to the frames that the trunk encodes."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample
from mmengine.model import BaseDataPreprocessor
from torch import Tensor

from mmfer.errors import MediaError
from mmfer.registry import MODELS
from mmfer.structures import PackedFrames, counted_frames


def pack_frames(inputs: Sequence[Tensor],
                data_samples: Sequence[ActionDataSample] | None = None) -> PackedFrames:
    """Lays the distinct frames of several videos back to back, still uint8.

    One video alone is not copied.

    Args:
        inputs: For each of the N videos its distinct frames, (U_i, 3, H, W) uint8 RGB.
        data_samples: Their data samples; ``frame_gather`` (T_i,), where present, says
            which of the distinct frames each sampled frame is. Without it every frame
            is sampled once, in order. ``num_clips`` and ``clip_len``, where present, say
            how the T_i frames divide into clips; ``frame_present`` (T_i,), which of them have
            a face, where the others are to weigh nothing.

    Raises:
        MediaError: A video has no frame, is not uint8 (U, 3, H, W), differs in size from
            the others, or its clips or what it says of faces do not fit; names the clip.
    """
    if not inputs:
        raise MediaError('the batch holds no video')
    gathers, lengths, clips, present, offset = [], [], [], [], 0
    for i, frames in enumerate(inputs):
        sample = data_samples[i] if data_samples is not None else None
        name = f'clip {sample.get("clip", i)!r}' if sample is not None else f'video {i}'
        if frames.ndim != 4 or frames.shape[1] != 3 or frames.dtype != torch.uint8:
            raise MediaError(f'{name}: frames must be uint8 (T, 3, H, W), not {frames.dtype} '
                             f'{tuple(frames.shape)}; end the pipeline with FormatFrames')
        if frames.shape[2:] != inputs[0].shape[2:]:
            raise MediaError(f'{name}: its frames are {tuple(frames.shape[2:])} px (H, W), those '
                             f'of the first video in the batch {tuple(inputs[0].shape[2:])}; give '
                             'the pipeline a Resize to one size, or use batches of one video')
        gather = sample.get('frame_gather') if sample is not None else None
        rows = torch.arange(len(frames)) if gather is None else torch.as_tensor(gather).long()
        if rows.numel() == 0 or len(frames) == 0:
            raise MediaError(f'{name}: no frame was sampled')
        if rows.min() < 0 or rows.max() >= len(frames):
            raise MediaError(f'{name}: frame_gather points at frame {int(rows.max())} of '
                             f'{len(frames)}')
        gathers.append(rows + offset)
        lengths.append(len(rows))
        clips.append(_clips_of(sample, len(rows), name))
        present.append(_present_of(sample, len(rows), name))
        offset += len(frames)
    frames = inputs[0] if len(inputs) == 1 else torch.cat(list(inputs))
    counted = torch.cat(present)
    return PackedFrames(frames, torch.cat(gathers), tuple(lengths), tuple(clips),
                        None if counted.all() else counted)


def _present_of(sample: ActionDataSample | None, length: int, name: str) -> Tensor:
    """Which sampled frames of a video count, (T_i,) bool."""
    present = None if sample is None else sample.get('frame_present')
    if present is None:
        return torch.ones(length, dtype=torch.bool)
    if np.size(present) != length:
        raise MediaError(f'{name}: frame_present is of {np.size(present)} frames, but {length} '
                         'were sampled; MissingFaces and a sampler set it')
    return torch.from_numpy(counted_frames(present))


def _clips_of(sample: ActionDataSample | None, length: int, name: str) -> tuple[int, int]:
    """(num_clips, clip_len) as the sampler states them; one clip where it does not."""
    num_clips, clip_len = ((None, None) if sample is None else
                           (sample.get('num_clips'), sample.get('clip_len')))
    if num_clips is None or clip_len is None:
        return 1, length
    if num_clips * clip_len != length:
        raise MediaError(f'{name}: {length} sampled frames are not num_clips={num_clips} clips '
                         f'of clip_len={clip_len}; the sampler must set both')
    return int(num_clips), int(clip_len)


@MODELS.register_module()
class FrameDataPreprocessor(BaseDataPreprocessor):
    """Packs a batch; normalises frames when the trunk is about to encode them.

    In training the uint8 frames are moved to the device at once; in evaluation they stay
    where they are, and the recognizer moves them chunk by chunk.

    Args:
        mean: Per RGB channel, subtracted, in 0..255.
        std: Per RGB channel, divided by, in 0..255. The default maps frames to [0, 1]
            without centring, as the authors of FAN do.
        non_blocking: Copy to the device asynchronously (with ``pin_memory`` loaders).
    """

    mean: Tensor
    std: Tensor

    def __init__(self,
                 mean: Sequence[float] = (0.0, 0.0, 0.0),
                 std: Sequence[float] = (255.0, 255.0, 255.0),
                 non_blocking: bool = False) -> None:
        super().__init__(non_blocking=non_blocking)
        # not persistent: a checkpoint holds what was learned, the config these
        self.register_buffer('mean', torch.tensor(mean, dtype=torch.float32).view(3, 1, 1), False)
        self.register_buffer('std', torch.tensor(std, dtype=torch.float32).view(3, 1, 1), False)

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Packs ``inputs`` of a collated batch, ``dict(inputs=[...], data_samples=[...])``.

        Args:
            data: ``inputs``: a list of (U_i, 3, H, W) uint8, or PackedFrames already.
            training: Move the frames to the device now.

        Returns:
            ``dict(inputs=PackedFrames, data_samples=list or None)``.
        """
        inputs, data_samples = data['inputs'], data.get('data_samples')
        if not isinstance(inputs, PackedFrames):
            if training:
                # moved before they are packed: one copy less on the host
                inputs = self.cast_data(list(inputs))
            inputs = pack_frames(inputs, data_samples)
        return dict(inputs=inputs, data_samples=data_samples)

    def move(self, frames: Tensor) -> Tensor:
        """Uint8 frames on the model's device."""
        return frames.to(self.mean.device, non_blocking=bool(self._non_blocking))

    def normalize(self, frames: Tensor, channels_last: bool = False) -> Tensor:
        """Uint8 (M, 3, H, W) to (frames - mean) / std in the model's floating type."""
        layout = torch.channels_last if channels_last else torch.contiguous_format
        floats = frames.to(self.mean.dtype, memory_format=layout)
        return floats.sub_(self.mean).div_(self.std)
