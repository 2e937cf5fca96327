import numpy as np
import torch

from mmfer.models.heads.fusion import mean_probability
from mmfer.models.packing import lengths_to_mask
from mmfer.testing import FLOAT64


def test_is_the_log_of_the_mean_of_the_probabilities():
    lengths = (3, 1, 4)
    logits = torch.randn(3, 4, 5, dtype=torch.float64)
    fused, weights = mean_probability(logits, lengths_to_mask(lengths))
    for i, length in enumerate(lengths):
        rows = np.exp(logits[i, :length].numpy())
        mean = (rows / rows.sum(1, keepdims=True)).mean(0)
        np.testing.assert_allclose(fused[i].exp().numpy(), mean, **FLOAT64)
        assert weights[i].tolist() == [1 / length] * length + [0] * (4 - length)
