"""What losses with weights per class share: where the weights come from, and the reduction."""
from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmfer.errors import ConfigError
from mmfer.models.losses.class_weights import balanced_weights, effective_weights

FROM_COUNTS = ('balanced', 'effective')
REDUCTIONS = ('mean', 'sum', 'none')


class ClassWeightedLoss(nn.Module):
    """Base of losses w_y l(logits, y), whose weights may follow from the training part.

    ``'mean'`` is the plain mean of w_y l over the n samples: weights from counts average 1
    over the training part, so they need no renormalisation, which in a batch of one would
    cancel them (torch divides by the batch's sum of weights).

    The weights are neither parameters nor buffers: a checkpoint does not hold them, and an
    average of the model (EMA), which pairs buffers by place, does not see them come.

    ``soft_labels`` says whether the loss is held against distributions (n, C) in place of
    labels (n,); a subclass that can be sets it.

    Args:
        class_weight: None for 1 each; C numbers; or from the counts n_c of the training
            part, put in by :class:`~mmfer.engine.ClassWeightHook` when training starts:
            ``'balanced'`` for w_c ~ 1 / n_c, ``'effective'`` for the effective number of
            samples (:mod:`mmfer.models.losses.class_weights`).
        beta: For ``'effective'``.

    Raises:
        ConfigError: ``class_weight`` is neither, or a number is negative.
    """

    soft_labels = False

    def __init__(self, class_weight: Sequence[float] | str | None = None,
                 beta: float = 0.999) -> None:
        super().__init__()
        self.from_counts: str | None = None
        self.beta = beta
        self.class_weight: Tensor | None = None
        if isinstance(class_weight, str):
            if class_weight not in FROM_COUNTS:
                raise ConfigError(f'class_weight={class_weight!r}: give a list of numbers or one '
                                  f'of {", ".join(FROM_COUNTS)}')
            self.from_counts = class_weight
            effective_weights([1], beta)  # checks beta now, not when training starts
        elif class_weight is not None:
            self.class_weight = torch.tensor(class_weight, dtype=torch.float64)
            if self.class_weight.ndim != 1 or not (self.class_weight >= 0).all():
                raise ConfigError(f'class_weight={class_weight}: one number per class, none '
                                  'negative')

    def set_counts(self, counts: Sequence[float]) -> None:
        """Weighs by the counts of the training part, where ``class_weight`` asks for it.

        Args:
            counts: Samples of each of the C classes; of soft labels the sums of their shares.
        """
        if self.from_counts is None:
            return
        self.class_weight = torch.from_numpy(
            balanced_weights(counts) if self.from_counts == 'balanced' else
            effective_weights(counts, self.beta))

    def weights_for(self, logits: Tensor) -> Tensor | None:
        """Weights (C,) beside logits (n, C), or None.

        Raises:
            ConfigError: They are still to come from counts, or are not C.
        """
        if self.class_weight is None:
            if self.from_counts is None:
                return None
            raise ConfigError(f'class_weight={self.from_counts!r} is not known yet: training '
                              'needs the hook ClassWeightHook (configs/_base_/default_runtime.py '
                              'has it), other code a call of set_counts')
        if len(self.class_weight) != logits.shape[-1]:
            raise ConfigError(f'{len(self.class_weight)} class weights for {logits.shape[-1]} '
                              'classes; class_weight needs one per class')
        return self.class_weight.to(logits)

    @staticmethod
    def reduce(losses: Tensor, reduction: str) -> Tensor:
        """Losses (n,) to their mean or sum, or as they are."""
        if reduction not in REDUCTIONS:
            raise ValueError(f'reduction={reduction!r} is not one of {REDUCTIONS}')
        if reduction == 'none':
            return losses
        return losses.mean() if reduction == 'mean' else losses.sum()
