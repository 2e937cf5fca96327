"""Draws figures from prediction files: attention strips and confusion matrices."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmfer.cli.common import reports_errors
from mmfer.cli.evaluate import load_pool
from mmfer.errors import PredictionError
from mmfer.evaluation import Pool, find_predictions, read_predictions, summarize
from mmfer.evaluation.folds import notes
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.evaluation.report import denominator, format_score
from mmfer.visualization import (
    Strip,
    attention_bars,
    choose_shown,
    draw_attention_strips,
    draw_confusion_matrix,
    read_frames,
    save_figure,
    strip_title,
)


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='plot', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    strip = commands.add_parser('attention', help='frames with their weights as bars under them')
    strip.add_argument('--root', help='folder that holds the frames; default: where they were '
                       'when the predictions were made')
    strip.add_argument('--clips', nargs='+', metavar='CLIP', help='default: one per class, the '
                       'correct one with the highest score')
    strip.add_argument('--num', type=int, help='number of clips, over the classes in turn')
    strip.add_argument('--max-frames', type=int, default=12,
                       help='frames to show of a clip; of longer ones evenly spread frames and '
                       'the heaviest (default 12)')
    strip.add_argument('--against', nargs='+', metavar='FILE', help='predictions of another '
                       'method, drawn as the blue bars: FAN without relation attention makes '
                       'Fig. 2 of the paper')
    matrix = commands.add_parser('confusion', help='confusion matrix of all test clips')
    for command in (strip, matrix):
        command.add_argument('predictions', nargs='+', metavar='PREDICTIONS',
                             help='predictions.parquet files of one method, or folders')
        command.add_argument('--out', required=True, metavar='DIR',
                             help='folder for the PNG and the SVG')
    return parser


def choose_clips(pool: Pool, clips: Sequence[str] | None,
                 num: int | None) -> list[ClipPrediction]:
    """The clips to draw, of the first seed: those named, or good examples of each class.

    Raises:
        PredictionError: A named clip was not tested.
    """
    rows = pool.rows[0]
    if clips is not None:
        known = {row.clip: row for row in reversed(rows)}
        absent = [clip for clip in clips if clip not in known]
        if absent:
            raise PredictionError(f'clip {absent[0]!r} is not in the predictions; one that is: '
                                  f'{rows[0].clip!r}')
        return [known[clip] for clip in clips]
    ranked = sorted(rows, key=lambda row: (int(row.scores.argmax()) != row.label,
                                           -float(row.scores.max()), row.split, row.clip))
    by_class = [[row for row in ranked if row.label == label]
                for label in range(len(pool.metadata['classes']))]
    in_turn = [(place, row) for of_class in by_class for place, row in enumerate(of_class)]
    # sorting is stable: the first of each class, then the second of each, ...
    chosen = [row for _, row in sorted(in_turn, key=lambda entry: entry[0])]
    return chosen[:num or sum(map(bool, by_class))]


def plot_attention(args: argparse.Namespace) -> list[Path]:
    """Draws the attention strips."""
    pool = load_pool(args.predictions)
    first = find_predictions(args.predictions)[0]
    root = args.root or read_predictions(first).metadata['data_root']
    if root is None:
        raise PredictionError('the predictions do not say where the frames are; give --root')
    rival = load_pool(args.against) if args.against else None
    rivals = {(row.split, row.clip): row for row in rival.rows[0]} if rival else {}
    name, rival_name = (str(p.metadata['config_name'] or '') if p else '' for p in (pool, rival))
    run = f', seed {pool.seeds[0]}' if len(pool.seeds) > 1 else ''
    strips = []
    for row in choose_clips(pool, args.clips, args.num):
        if rival and (row.split, row.clip) not in rivals:
            raise PredictionError(f'clip {row.clip!r} of split {row.split!r} is not in the '
                                  'predictions of --against')
        other = rivals.get((row.split, row.clip))
        bars = attention_bars(row, name if rival else '', other, rival_name)
        shown = choose_shown(bars[-1].shares, args.max_frames)
        strips.append(Strip(
            title=strip_title(row, pool.metadata['classes']) + run,
            frames=read_frames(row, root, row.frame_numbers[shown].tolist()), shown=shown,
            frame_numbers=row.frame_numbers, bars=bars, apex=row.apex,
            correct=int(row.scores.argmax()) == row.label))
    return save_figure(draw_attention_strips(strips, notes(pool.metadata)),
                       Path(args.out) / 'attention')


def plot_confusion(args: argparse.Namespace) -> list[Path]:
    """Draws the confusion matrix."""
    summary = summarize(load_pool(args.predictions))
    pooled, seeds = summary['pooled'], summary['seeds']
    scores = ', '.join(f'{name} {format_score(score)}' for name, score in pooled['scores'].items()
                       if name != 'F1')
    of = denominator(pooled) + (f'; counts summed over {len(seeds)} seeds' if seeds[1:] else '')
    figure = draw_confusion_matrix(
        pooled['confusion'], summary['metadata']['classes'],
        title=summary['metadata']['config_name'] or 'confusion matrix',
        subtitle=f'{scores}\n{of}', warning='\n'.join(summary['notes']))
    return save_figure(figure, Path(args.out) / 'confusion_matrix')


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/plot.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.command == 'attention':
        if args.max_frames < 2:
            parser.error('--max-frames must be at least 2')
        if args.num is not None and args.num < 1:
            parser.error('--num must be at least 1')
        if args.num is not None and args.clips is not None:
            parser.error('--num and --clips both choose the clips; give one of them')
        written = plot_attention(args)
    else:
        written = plot_confusion(args)
    for path in written:
        print(path)
    return 0


if __name__ == '__main__':
    sys.exit(main())
