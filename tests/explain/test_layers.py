import pytest
import torch
from torch import nn

from mmfer.errors import ConfigError
from mmfer.explain import grad_cam
from mmfer.explain.layers import TokenGrid, layer_maps, token_grid
from mmfer.testing.recognizers import make_recognizer, make_video

MEAN = dict(type='MeanNeck')
VIT = dict(type='timm.vit_tiny_patch16_224', img_size=32, patch_size=8, embed_dim=12, depth=2,
           num_heads=2)


class TestGrid:

    @pytest.mark.parametrize('tokens, ratio, prefix, expected', [
        (16, 1., None, (0, 4, 4)), (17, 1., None, (1, 4, 4)), (20, 1., None, (4, 4, 4)),
        (9, 1., 5, (5, 2, 2)), (9, 1., None, (0, 3, 3)), (12, 4 / 3, None, (0, 4, 3)),
        (13, .75, 1, (1, 3, 4)), (17, 1., 0, None), (1, 1., 1, None)])
    def test_shape(self, tokens, ratio, prefix, expected):
        assert TokenGrid(ratio, prefix).shape_of(tokens) == expected

    def test_the_trunk_knows_its_prefix(self):
        trunk = nn.Module()
        assert token_grid(trunk, (32, 16)).prefix is None
        trunk.num_extra_tokens = 2
        assert token_grid(trunk, (32, 16)).prefix == 2
        assert token_grid(trunk, (32, 16)).ratio == 2


class TestMaps:
    grid = TokenGrid(1., 1)

    def test_tokens_row_by_row(self):
        tokens = torch.arange(10.).view(1, 5, 2)
        maps = layer_maps(nn.Identity(), tokens, self.grid)
        assert maps.tolist() == [[[[2, 4], [6, 8]], [[3, 5], [7, 9]]]]

    def test_channels_at_the_end(self):
        maps = torch.randn(2, 3, 4, 5)
        assert layer_maps(nn.Conv2d(1, 1, 1), maps, self.grid) is maps
        assert layer_maps(nn.LayerNorm(5), maps, self.grid).shape == (2, 5, 3, 4)

    @pytest.mark.parametrize('shape', [(2, 7), (2, 7, 3), (1, 2, 3, 4, 5)])
    def test_refuses_what_has_no_regions(self, shape):
        with pytest.raises(ConfigError, match="'fc'.*name a layer"):
            layer_maps(nn.Identity(), torch.zeros(shape), self.grid, 'fc')


@pytest.mark.parametrize('backbone, width, layer, regions', [
    pytest.param(dict(type='torchvision.resnet18'), 512, '', 1, id='resnet18'),
    pytest.param(VIT, 12, 'blocks.1.norm1', 4, id='vit-class-token'),
    pytest.param(dict(VIT, global_pool='avg', class_token=False, fc_norm=False), 12, 'norm', 4,
                 id='vit-mean'),
    pytest.param(dict(type='timm.resnet10t'), 512, 'layer3', 2, id='pooled-resnet'),
])
def test_any_trunk(backbone, width, layer, regions):
    neck = dict(MEAN, in_channels=width)
    model = make_recognizer(neck, backbone=backbone, dtype=torch.float32)
    found = grad_cam(model, make_video(2), 0)
    assert found.layer == layer
    assert found.maps.shape == (2, regions, regions)
    assert torch.isfinite(found.maps).all()


def test_a_frozen_transformer():
    neck = dict(type='LSTMNeck', hidden_channels=4, in_channels=12)
    model = make_recognizer(neck, backbone=VIT, dtype=torch.float32, frozen=('backbone', ))
    assert grad_cam(model, make_video(2)).layer == 'blocks.1.norm1'


def test_a_trunk_without_regions():
    model = make_recognizer(MEAN)
    model.backbone = nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 5)).double()
    with pytest.raises(ConfigError, match='no layer with regions'):
        grad_cam(model, make_video(2))
