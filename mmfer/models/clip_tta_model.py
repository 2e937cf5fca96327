"""Test-time augmentation: several views of a clip, one answer."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from mmaction.structures import ActionDataSample
from mmengine.model import BaseTTAModel
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.registry import MODELS
from mmfer.structures import video_frames

__all__ = ['AVERAGES', 'ClipTTAModel', 'average_views']

AVERAGES = ('prob', 'score')


def average_views(probabilities: Tensor, average_clips: str = 'prob') -> Tensor:
    """One answer of those to V views.

    Args:
        probabilities: (V, ..., C), each summing to 1 over the classes.
        average_clips: ``'prob'``: their mean. ``'score'``: the softmax of the mean of the
            logits; of logits that are only known by their softmax, log p, that is the same.

    Returns:
        (..., C), summing to 1.
    """
    if average_clips == 'prob':
        return probabilities.mean(dim=0)
    smallest = torch.finfo(probabilities.dtype).tiny
    return probabilities.clamp_min(smallest).log().mean(dim=0).softmax(dim=-1)


@MODELS.register_module()
class ClipTTAModel(BaseTTAModel):
    """Wraps a recognizer whose test pipeline ends in mmcv's ``TestTimeAug``.

    The result is the data sample of the first view, its attention and sampled frames
    included, with the averaged answer; so the first view should be the plain one. Answers
    per frame are averaged too, where all views show the same frames.

    Args:
        module: The recognizer, or its config.
        average_clips: ``'prob'`` or ``'score'``, see :func:`average_views`.
    """

    def __init__(self, module: dict[str, Any] | nn.Module, average_clips: str = 'prob') -> None:
        if average_clips not in AVERAGES:
            raise ConfigError(f'ClipTTAModel: average_clips={average_clips!r} is not one of '
                              f'{AVERAGES}')
        # built here, not by the parent, which knows MMEngine's own registry only
        super().__init__(module if isinstance(module, nn.Module) else MODELS.build(module))
        self.average_clips = average_clips

    def merge_preds(self, data_samples_list: Sequence[Sequence[ActionDataSample]]
                    ) -> list[ActionDataSample]:
        """One sample of the V predicted ones of each video."""
        return [self._merged(views) for views in data_samples_list]

    def _merged(self, views: Sequence[ActionDataSample]) -> ActionDataSample:
        first = views[0]
        if 'pred_frame_scores' in first:
            shown = [video_frames(view).tolist() for view in views]
            if any(numbers != shown[0] for numbers in shown):
                raise ConfigError(f'clip {first.get("clip")!r}: the views show different frames, '
                                  'but the head answers per frame; take views of the same frames, '
                                  'such as flips')
            scores = torch.stack([view.pred_frame_scores for view in views])
            first.set_field(average_views(scores, self.average_clips), 'pred_frame_scores')
            return first
        score = average_views(torch.stack([view.pred_score for view in views]),
                              self.average_clips)
        first.set_pred_score(score)
        return first.set_pred_label(int(score.argmax()))
