"""Draws Grad-CAM of test clips: which regions of which frames raise the score of a class."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmaction.structures import ActionDataSample

from mmfer.cli.common import reports_errors
from mmfer.cli.explaining import Subject, load_subject
from mmfer.cli.trained_model import add_model_arguments
from mmfer.errors import ConfigError
from mmfer.evaluation.folds import notes
from mmfer.explain import GradCAM, grad_cam
from mmfer.explain.answers import OUTPUTS, probabilities
from mmfer.structures import PackedFrames, frame_numbers
from mmfer.visualization import DistinctFrames, choose_shown, save_figure
from mmfer.visualization.gradient_maps import ExplainedFrames, draw_gradient_maps

_WHICH = ('predicted', 'true')


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='explain', description=__doc__)
    add_model_arguments(parser)
    parser.add_argument('--out', required=True, metavar='DIR',
                        help='folder for the PNG and the SVG')
    parser.add_argument('--clips', nargs='+', metavar='CLIP',
                        help='default: the first test clip of each class')
    parser.add_argument('--class', dest='target', default='predicted', metavar='CLASS',
                        help='class to explain: predicted (default), true, or the name of one')
    parser.add_argument('--layer', metavar='NAME', help='layer of the trunk, e.g. layer3; '
                        'default: the last one with regions')
    parser.add_argument('--output', choices=OUTPUTS, default=OUTPUTS[0],
                        help=f'what is differentiated (default {OUTPUTS[0]})')
    parser.add_argument('--max-frames', type=int, default=12,
                        help='frames to show of a clip; of longer ones evenly spread frames '
                        'and the strongest (default 12)')
    return parser


def choose_indices(subject: Subject, clips: Sequence[str] | None) -> list[int]:
    """Indices of the named test clips, or of the first one of each class.

    Raises:
        ConfigError: A named clip is not in the test part of the split.
    """
    infos = [(subject.clip_info(index), index) for index in subject.indices]
    if clips is None:
        first: dict[int, int] = {}
        for (_, label), index in infos:
            first.setdefault(label, index)
        return [first[label] for label in sorted(first)]
    known = {clip: index for (clip, _), index in infos}
    absent = [clip for clip in clips if clip not in known]
    if absent:
        raise ConfigError(f'clip {absent[0]!r} is not among the test clips; one that is: '
                          f'{next(iter(known))!r}')
    return [known[clip] for clip in clips]


def target_label(target: str, label: int, classes: Sequence[str]) -> int | None:
    """The class that ``--class`` names; None for the predicted one.

    Raises:
        ConfigError: There is no such class.
    """
    if target in _WHICH:
        return label if target == 'true' else None
    if target not in classes:
        raise ConfigError(f'--class {target}: not predicted, true or one of '
                          f'{", ".join(classes)}')
    return list(classes).index(target)


def explained(cam: GradCAM, inputs: PackedFrames, sample: ActionDataSample, answer: np.ndarray,
              classes: Sequence[str], max_frames: int) -> ExplainedFrames:
    """What the figure shows of a clip, from its maps and its probabilities (C,)."""
    distinct = DistinctFrames.of(frame_numbers(sample))
    maps = distinct.mean(cam.maps.numpy())
    totals = maps.sum((1, 2))
    shown = choose_shown(totals, max_frames)
    # the row in the batch of each distinct frame
    rows = np.zeros(len(distinct.numbers), np.int64)
    rows[distinct.inverse] = inputs.gather.cpu().numpy()
    images = inputs.frames[rows[shown]].permute(0, 2, 3, 1).cpu().numpy()
    label, given = int(sample.gt_label), int(answer.argmax())
    title = (f'{sample.get("clip")}: true {classes[label]}, predicted {classes[given]}; why '
             f'{classes[cam.label]} ({answer[cam.label]:.2f})')
    return ExplainedFrames(title, list(images), shown, distinct.numbers, maps, label == given)


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/explain.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.max_frames < 2:
        parser.error('--max-frames must be at least 2')
    subject = load_subject(args)
    target_label(args.target, 0, subject.classes)
    clips = []
    for inputs, sample in subject.videos(choose_indices(subject, args.clips)):
        label = target_label(args.target, int(sample.gt_label), subject.classes)
        answer = probabilities(subject.model, inputs)[0]
        # by probability, as predictions are: the mean logit of frames may prefer another
        label = int(answer.argmax()) if label is None else label
        cam = grad_cam(subject.model, inputs, label, args.layer, args.output)
        clips.append(explained(cam, inputs, sample, answer, subject.classes, args.max_frames))
    figure = draw_gradient_maps(clips, notes(subject.facts))
    for path in save_figure(figure, Path(args.out) / 'grad_cam'):
        print(path)
    return 0


if __name__ == '__main__':
    sys.exit(main())
