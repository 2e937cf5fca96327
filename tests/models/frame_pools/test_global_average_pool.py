import torch

from mmfer.models import GlobalAveragePool


def test_maps_are_averaged_and_vectors_pass():
    maps = torch.arange(12.0).view(1, 2, 2, 3)
    pooled, weights = GlobalAveragePool()(maps)
    assert pooled.tolist() == [[2.5, 8.5]] and weights == {}
    vectors = torch.randn(2, 4)
    assert GlobalAveragePool()(vectors)[0] is vectors
