import torch
from torch import nn

from mmfer.testing import fill_parameters


def test_values_depend_on_seed_and_name_only():
    first = fill_parameters(nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2)), seed=1)
    torch.manual_seed(99)
    state = torch.get_rng_state()
    second = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    drawn = torch.get_rng_state()
    fill_parameters(second, seed=1)
    assert torch.equal(torch.get_rng_state(), drawn) and not torch.equal(state, drawn)
    for name, parameter in first.named_parameters():
        assert torch.equal(parameter, second.get_parameter(name))
    other = fill_parameters(nn.Sequential(nn.Linear(3, 4)), seed=2)
    assert not torch.equal(other[0].weight, first[0].weight)


def test_norm_weights_stay_near_one():
    norm = fill_parameters(nn.BatchNorm2d(64))
    assert abs(float(norm.weight.detach().mean()) - 1) < 0.1
    assert abs(float(norm.bias.detach().mean())) < 0.1
