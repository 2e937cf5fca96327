"""ResNets with attention in their blocks, on top of mmpretrain's.

Sources: He et al., Deep Residual Learning for Image Recognition, CVPR 2016; where the
attention sits: see :data:`POSITIONS`.
"""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.logging import print_log
from mmengine.runner.checkpoint import _load_checkpoint
from mmpretrain.models import ResNet
from mmpretrain.models.backbones.resnet import BasicBlock, Bottleneck
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from mmfer.checkpoints import load_weights
from mmfer.errors import CheckpointError, ConfigError
from mmfer.models.attention import CBAM, ChannelAttention, SpatialAttention
from mmfer.registry import MODELS
from mmfer.structures import SPATIAL_MAPS

__all__ = ['MODULES', 'POSITIONS', 'AttentionResNet', 'position_shares']

MODULES: dict[str, type[nn.Module]] = {
    'channel': ChannelAttention, 'spatial': SpatialAttention, 'cbam': CBAM}
"""Kinds of block attention by the names that configs use."""

POSITIONS = ('between_convs', 'before_addition', 'after_addition')
"""Where in a block: before its last convolution (SA/CA/FA, Fig. 1), between the last batch
normalisation and the addition (CBAM, Fig. 3), or behind the block's last ReLU."""


def position_shares(logits: Tensor) -> Tensor:
    """Sigmoid gates from their logits (M, 1, h, w), as float32 shares that sum to 1."""
    shares = functional.logsigmoid(logits.detach().float()).flatten(1).softmax(dim=1)
    return shares.view_as(logits)


class _AttentionBlock(nn.Module):
    """What the two kinds of block have in common: attention at one of three places."""

    conv1: nn.Module
    conv2: nn.Module
    conv3: nn.Module
    norm1: nn.Module
    norm2: nn.Module
    norm3: nn.Module
    relu: nn.Module
    drop_path: nn.Module
    downsample: nn.Module | None
    with_cp: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attention: nn.Module | None = None
        self.position = ''

    def _before_last(self, maps: Tensor) -> Tensor:
        """All that comes before the last convolution."""
        raise NotImplementedError

    def _last(self, maps: Tensor) -> Tensor:
        """The last convolution and its normalisation."""
        raise NotImplementedError

    def _attend(self, maps: Tensor, position: str) -> Tensor:
        if self.attention is None or position != self.position:
            return maps
        return self.attention(maps)

    def _forward(self, maps: Tensor) -> Tensor:
        out = self._attend(self._before_last(maps), 'between_convs')
        out = self._attend(self._last(out), 'before_addition')
        out = self.drop_path(out)
        out += maps if self.downsample is None else self.downsample(maps)
        return self._attend(self.relu(out), 'after_addition')

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (M, C, h, w) to (M, C', h', w')."""
        if self.with_cp and maps.requires_grad:
            return checkpoint(self._forward, maps, use_reentrant=False)
        return self._forward(maps)


class AttentionBasicBlock(_AttentionBlock, BasicBlock):
    """mmpretrain's BasicBlock, its parameters under the same names."""

    def _before_last(self, maps: Tensor) -> Tensor:
        return self.relu(self.norm1(self.conv1(maps)))

    def _last(self, maps: Tensor) -> Tensor:
        return self.norm2(self.conv2(maps))


class AttentionBottleneck(_AttentionBlock, Bottleneck):
    """mmpretrain's Bottleneck, its parameters under the same names."""

    def _before_last(self, maps: Tensor) -> Tensor:
        maps = self.relu(self.norm1(self.conv1(maps)))
        return self.relu(self.norm2(self.conv2(maps)))

    def _last(self, maps: Tensor) -> Tensor:
        return self.norm3(self.conv3(maps))


@MODELS.register_module()
class AttentionResNet(ResNet):
    """ResNet of any depth with attention in its blocks.

    All parameters of the plain ResNet keep their names; those of the attention lie under
    ``layer<i>.<j>.attention.<module>.``. The attention keeps its own initialisation and,
    with ``norm_eval`` and ``frozen_stages``, follows its stage.

    Args:
        depth: 18, 34, 50, 101 or 152.
        attention: None for the plain ResNet, or a dict of

            * ``modules``: names of :data:`MODULES`, applied in the order given;
            * ``position``: one of :data:`POSITIONS`; defaults to ``'between_convs'``;
            * ``stages``: which of the stages 0 to 3; defaults to all;
            * by the name of a module, a dict of its arguments, e.g. ``cbam=dict(ratio=8)``.
        record: Keep the last block's spatial gate of each forward in ``self.attention``,
            as shares of the positions: SPATIAL_MAPS (M, 1, h, w), float32, no gradient.
        pretrained_attention: Whether the checkpoint of ``init_cfg`` holds the attention
            too. By default it is that of a plain ResNet: each of its keys must match, and
            one with attention is refused.
        **kwargs: Of mmpretrain's ResNet.

    Raises:
        ConfigError: The attention names no module, an unknown one, one twice, an unknown
            option, position or stage; or ``record`` without a spatial gate.
    """

    arch_settings = {
        depth: (AttentionBasicBlock if block is BasicBlock else AttentionBottleneck, counts)
        for depth, (block, counts) in ResNet.arch_settings.items()}

    def __init__(self,
                 depth: int,
                 attention: Mapping[str, Any] | None = None,
                 record: bool = False,
                 pretrained_attention: bool = False,
                 **kwargs: Any) -> None:
        super().__init__(depth, **kwargs)
        self.pretrained_attention = pretrained_attention
        self.attention: dict[str, Tensor] = {}
        if attention is not None:
            _insert(attention, [getattr(self, name) for name in self.res_layers])
            self._freeze_stages()
        if record:
            gates = [module.spatial_gate for module in self.modules()
                     if hasattr(module, 'spatial_gate')]
            if not gates:
                raise ConfigError('AttentionResNet: record=True, but no block has a spatial gate; '
                                  "add 'spatial' or 'cbam' to attention.modules")
            gates[-1].register_forward_hook(self._keep)

    def _keep(self, gate: nn.Module, args: tuple[Tensor, ...], logits: Tensor) -> None:
        self.attention = {SPATIAL_MAPS: position_shares(logits)}

    def attention_keys(self) -> list[str]:
        """Keys of the state dict that a plain ResNet does not have."""
        return [key for key in self.state_dict() if '.attention.' in key]

    def train(self, mode: bool = True) -> AttentionResNet:
        """Sets the mode; returns itself, which the host forgets."""
        super().train(mode)
        return self

    def init_weights(self) -> None:
        """Initialises the trunk as a plain one; the attention as its modules do."""
        configs = [self.init_cfg] if isinstance(self.init_cfg, dict) else self.init_cfg or []
        pretrained = [config for config in configs if config['type'] == 'Pretrained']
        if pretrained and not self.pretrained_attention:
            self._load_plain(pretrained[0])
            self._is_init = True
            return
        super().init_weights()
        if not pretrained:
            for module in self.modules():
                if isinstance(module, (CBAM, ChannelAttention, SpatialAttention)):
                    module.reset_parameters()

    def _load_plain(self, config: Mapping[str, Any]) -> None:
        weights = _load_checkpoint(config['checkpoint'], config.get('map_location', 'cpu'))
        try:
            matched = load_weights(self, weights, config.get('prefix'),
                                   absent=self.attention_keys())
        except CheckpointError as error:
            raise CheckpointError(
                f'{config["checkpoint"]}: {error} (taken as the weights of a plain ResNet; for '
                'those with attention set pretrained_attention=True)') from error
        print_log(f'{config["checkpoint"]}: all {matched} keys of a plain ResNet-{self.depth} '
                  f'matched; {len(self.attention_keys())} of the attention start anew',
                  logger='current')


def _insert(config: Mapping[str, Any], stages: Sequence[nn.Sequential]) -> None:
    """Puts attention into the blocks of ``stages`` as AttentionResNet's config says."""
    names = tuple(config.get('modules', ()))
    position = config.get('position', 'between_convs')
    chosen = tuple(config.get('stages', range(len(stages))))
    if not names or len(set(names)) < len(names) or not set(names) <= set(MODULES):
        raise ConfigError(f'AttentionResNet: attention.modules={names}; name one or more of '
                          f'{", ".join(MODULES)}, each once')
    unknown = set(config) - {'modules', 'position', 'stages', *names}
    if unknown:
        raise ConfigError(f'AttentionResNet: attention.{min(unknown)} is neither modules, '
                          f'position or stages nor one of its modules {names}')
    if position not in POSITIONS:
        raise ConfigError(f'AttentionResNet: attention.position={position!r} is not one of '
                          f'{POSITIONS}')
    if not chosen or not set(chosen) <= set(range(len(stages))):
        raise ConfigError(f'AttentionResNet: attention.stages={chosen}; give some of '
                          f'0 to {len(stages) - 1}')
    for stage in chosen:
        for block in stages[stage]:
            channels = (block.mid_channels if position == 'between_convs'
                        else block.out_channels)
            block.position = position
            block.attention = nn.Sequential(OrderedDict(
                (name, _build(name, channels, config.get(name, {}))) for name in names))


def _build(name: str, channels: int, options: Mapping[str, Any]) -> nn.Module:
    try:
        return MODULES[name](channels, **options)
    except TypeError as error:
        raise ConfigError(f'AttentionResNet: attention.{name}={dict(options)}: {error}') from error
