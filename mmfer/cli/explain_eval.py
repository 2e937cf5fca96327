"""Measures whether attention is faithful: deletion and insertion of frames and regions.

Frames (and regions, where a method weighs them) are taken away in the order of their
weights, the heaviest first, and the model answers again; beside it stand a random order and
an evenly spread one, and how well the weights find the apex.
"""
from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.structures import ActionDataSample

from mmfer.cli.common import reports_errors
from mmfer.cli.explaining import Subject, load_subject
from mmfer.cli.trained_model import add_model_arguments
from mmfer.errors import ConfigError
from mmfer.evaluation.folds import notes
from mmfer.evaluation.localization import localize
from mmfer.evaluation.statistics import RESAMPLES
from mmfer.explain import frame_faithfulness, region_faithfulness
from mmfer.explain.answers import probabilities
from mmfer.explain.perturbation import FRAME_FILLS, REGION_FILLS
from mmfer.explain.report import (
    UNITS,
    ClipFaithfulness,
    format_faithfulness,
    summarize_faithfulness,
    write_clips,
)
from mmfer.fileio import atomic_write
from mmfer.jsonfile import write_json
from mmfer.structures import (
    FRAME_WEIGHTS,
    SPATIAL_MAPS,
    PackedFrames,
    counted_frames,
    frame_numbers,
)
from mmfer.visualization import save_figure
from mmfer.visualization.faithfulness_curves import draw_faithfulness

_OPTIONS = ('target', 'weights', 'fill_frames', 'fill_regions', 'draws', 'region_draws', 'steps',
            'seed', 'resamples')


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='explain_eval', description=__doc__)
    add_model_arguments(parser)
    parser.add_argument('--out', metavar='DIR', help='also write faithfulness.json, '
                        'faithfulness.csv (a row per clip) and a figure of the curves there')
    parser.add_argument('--markdown', action='store_true', help='print Markdown tables')
    parser.add_argument('--target', choices=['predicted', 'true'], default='predicted',
                        help='class whose probability is looked at (default predicted)')
    parser.add_argument('--weights', default=FRAME_WEIGHTS, metavar='NAME',
                        help=f'weights that order the frames (default {FRAME_WEIGHTS})')
    parser.add_argument('--fill-frames', choices=FRAME_FILLS, default=FRAME_FILLS[0],
                        help='what takes the place of a frame: the nearest kept frame (default) '
                        'or the mean of all')
    parser.add_argument('--fill-regions', choices=[*REGION_FILLS, 'none'],
                        default=REGION_FILLS[0], help='what takes the place of a region: itself '
                        'blurred (default) or the mean colour of the frame; none skips regions')
    parser.add_argument('--draws', type=int, default=10,
                        help='random orders of the frames of a clip (default 10)')
    parser.add_argument('--region-draws', type=int, default=2,
                        help='random orders of the regions of a clip (default 2)')
    parser.add_argument('--steps', type=int, default=8,
                        help='steps of a curve over regions at most (default 8); each takes a '
                        'pass of all frames through the trunk')
    parser.add_argument('--max-clips', type=int, help='measure on so many clips only, evenly '
                        'chosen from the test clips')
    parser.add_argument('--seed', type=int, default=0, help='of the random orders and the '
                        'bootstrap (default 0)')
    parser.add_argument('--resamples', type=int, default=RESAMPLES,
                        help=f'of the bootstrap (default {RESAMPLES})')
    return parser


def measure_clip(subject: Subject, inputs: PackedFrames, sample: ActionDataSample,
                 args: argparse.Namespace) -> ClipFaithfulness:
    """Curves and localisation of one clip.

    Raises:
        ConfigError: The model weighs neither frames nor regions, or answers for every frame.
    """
    with torch.no_grad():
        predicted = subject.model.predict(inputs, [sample.clone()])[0]
    if 'pred_frame_scores' in predicted:
        raise ConfigError('the model answers for every frame and weighs none for an answer of '
                          "the clip; use a head with answer='clip'")
    attention = {name: weights.numpy() for name, weights in predicted.attention.items()}
    weights, maps = attention.get(args.weights), attention.get(SPATIAL_MAPS)
    if args.fill_regions == 'none' or (maps is not None and maps[0, 0].size < 2):
        maps = None
    numbers = frame_numbers(sample)
    if weights is not None and weights.shape != numbers.shape:
        raise ConfigError(f'--weights {args.weights}: of shape {list(weights.shape)}; name '
                          'weights with one value for each frame')
    if weights is None and maps is None:
        known = ', '.join(sorted(attention)) or 'none'
        raise ConfigError(f'the model has neither {args.weights} nor {SPATIAL_MAPS} to follow '
                          f'(its attention: {known})')
    scores, label = predicted.pred_score.numpy(), int(sample.gt_label)
    target = label if args.target == 'true' else int(scores.argmax())
    answer = partial(probabilities, subject.model)
    # of the clip's own, so that leaving out others changes nothing
    rng = np.random.default_rng([args.seed, zlib.crc32(str(sample.get('clip')).encode())])
    frames = regions = where = None
    distinct = len(np.unique(inputs.gather.cpu().numpy()))
    if weights is not None and distinct > 1:
        frames = frame_faithfulness(inputs, weights, numbers, answer, target, rng,
                                    args.fill_frames, args.draws)
    if maps is not None:
        regions = region_faithfulness(inputs, maps, answer, target, rng, args.fill_regions,
                                      args.region_draws, args.steps)
    apex = sample.get('apex')
    if weights is not None and apex is not None:
        counted = counted_frames(sample.get('frame_present', np.ones(len(numbers), bool)))
        where = localize(weights[counted], numbers[counted], (int(apex[0]), int(apex[1])))
    return ClipFaithfulness(str(sample.get('clip')), sample.get('subject'), label, target,
                            float(scores[target]), distinct, frames, regions, where)


def measure(subject: Subject, args: argparse.Namespace) -> list[ClipFaithfulness]:
    """Measures all test clips, or ``--max-clips`` of them."""
    indices = subject.indices
    if args.max_clips is not None and args.max_clips < len(indices):
        chosen = np.linspace(0, len(indices) - 1, args.max_clips).round().astype(int)
        indices = [indices[place] for place in chosen]
    clips = []
    for done, (inputs, sample) in enumerate(subject.videos(indices), 1):
        clips.append(measure_clip(subject, inputs, sample, args))
        if sys.stderr.isatty():
            print(f'\r{done} of {len(indices)} clips', end='', file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    return clips


def write(out: Path, subject: Subject, clips: Sequence[ClipFaithfulness],
          summary: dict[str, Any], options: dict[str, Any]) -> list[Path]:
    """Writes numbers and figure; returns the paths."""
    paths = [out / 'faithfulness.json', out / 'faithfulness.csv']
    content = {'metadata': {**subject.facts, 'classes': list(subject.classes)},
               'options': options, 'summary': summary}
    write_json(paths[0], content)
    with atomic_write(paths[1]) as temporary:
        write_clips(temporary, clips, subject.classes)
    curves = {name: summary[name]['curves'] for name in UNITS if summary[name] is not None}
    if curves:
        figure = draw_faithfulness(curves, str(subject.facts['config_name'] or ''))
        paths += save_figure(figure, out / 'faithfulness')
    return paths


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/explain_eval.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    for name in ('draws', 'region_draws', 'steps', 'max_clips', 'resamples'):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f'--{name.replace("_", "-")} must be at least 1')
    subject = load_subject(args)
    clips = measure(subject, args)
    summary = summarize_faithfulness(clips, args.resamples, args.seed)
    print(format_faithfulness(summary, args.markdown))
    for note in notes(subject.facts):
        print(note)
    if args.out:
        options = {name: getattr(args, name) for name in _OPTIONS}
        for path in write(Path(args.out), subject, clips, summary, options):
            print(path)
    return 0


if __name__ == '__main__':
    sys.exit(main())
