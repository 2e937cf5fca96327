"""Weights for the real networks of face-alignment: random ones, and ones with a known answer."""
from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from face_alignment.detection.blazeface.net_blazeface import BlazeFace
from face_alignment.detection.retinaface.net_retinaface import RetinaFace
from face_alignment.detection.sfd.net_s3fd import s3fd
from face_alignment.models import FAN
from torch import nn

from mmfer.faces.detectors.face_alignment_files import DETECTOR_FILES, LANDMARK_FILE

from .onnx_file import Head, write_onnx


def zeroed(module: nn.Module) -> nn.Module:
    """All weights zero, so that biases alone answer."""
    for parameter in module.parameters():
        nn.init.zeros_(parameter)
    return module


def set_bias(layer: nn.Conv2d, *values: float) -> None:
    layer.bias.data = torch.tensor(values).repeat(layer.out_channels // len(values))


def save(folder: Path, name: str, module: nn.Module) -> None:
    torch.save(module.state_dict(), folder / name)


def write_random(folder: Path) -> None:
    """SFD, RetinaFace and the landmarks, drawn."""
    torch.manual_seed(0)
    save(folder, DETECTOR_FILES['sfd'][0].name, s3fd())
    save(folder, DETECTOR_FILES['retinaface'][0].name, RetinaFace())
    save(folder, LANDMARK_FILE.name, FAN(4))


def write_sfd(folder: Path) -> None:
    """A face of 40 px with score 1 / (1 + e^-2) at each multiple of 128 px, half of it on."""
    net = zeroed(s3fd())
    for name, layer in net.named_children():
        if name.endswith('conf'):
            set_bias(layer, *([9.] * (layer.out_channels - 1)), -9.)
    set_bias(net.conv7_2_mbox_conf, -1., 1.)
    set_bias(net.conv7_2_mbox_loc, 0., 0., math.log(40 / 512) / .2, math.log(40 / 512) / .2)
    save(folder, DETECTOR_FILES['sfd'][0].name, net)


def write_blazeface(folder: Path, back: bool) -> None:
    """A face of half the frame's height in the middle of it, with score 1 / (1 + e^-2)."""
    net = zeroed(BlazeFace(back_model=back))
    set_bias(net.classifier_8, -9.)
    set_bias(net.classifier_16, 2.)
    half = net.w_scale / 2
    set_bias(net.regressor_16, 0., 0., half, half, *[0.] * 12)
    weights, anchors = DETECTOR_FILES['blazeface_back' if back else 'blazeface']
    save(folder, weights.name, net)
    np.save(folder / anchors.name, np.tile(np.float32([.5, .5, 1, 1]), (896, 1)))


def write_retinaface(folder: Path) -> None:
    """A face of 20 px with score 1 / (1 + e^-2) in the middle of each square of 32 px."""
    net = zeroed(RetinaFace())
    for head in net.ClassHead:
        set_bias(head.conv1x1, 9., -9.)
    set_bias(net.ClassHead[2].conv1x1, 0., 2., 9., -9.)
    set_bias(net.BboxHead[2].conv1x1, 0., 0., math.log(20 / 256) / .2, math.log(20 / 256) / .2)
    save(folder, DETECTOR_FILES['retinaface'][0].name, net)


def write_yunet(folder: Path) -> None:
    """A face of 16 x 24 px around the middle of each white square of 8 px."""
    heads = []
    for kind, factors, biases in (
            ('cls', [1 / 255], [0]), ('obj', [0], [1]),
            ('bbox', [0] * 4, [.5, .5, math.log(2), math.log(3)]), ('kps', [0] * 10, [0] * 10)):
        for stride in (8, 16, 32):
            seen = factors if stride == 8 else [0] * len(factors)
            heads.append(Head(f'{kind}_{stride}', stride, seen, biases))
    write_onnx(folder / DETECTOR_FILES['yunet'][0].name, 64, heads)


def write_scrfd(folder: Path) -> None:
    """A face 8, 16, 24, 32 px left, above, right, below of each white square of 8 px."""
    scores = [Head(f'score_{stride}', stride, [stride == 8, 0], [0, 0], batched=False)
              for stride in (8, 16, 32)]
    boxes = [Head(f'bbox_{stride}', stride, [0] * 8, [1, 2, 3, 4] * 2, batched=False)
             for stride in (8, 16, 32)]
    write_onnx(folder / DETECTOR_FILES['scrfd'][0].name, 640, scores + boxes)
