"""Draws figures from prediction files and features files."""
from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from mmfer.cli.common import reports_errors
from mmfer.cli.methods import load_pool
from mmfer.errors import PredictionError
from mmfer.evaluation import Pool, find_predictions, read_predictions, summarize
from mmfer.evaluation.calibration import BINNINGS, BINS
from mmfer.evaluation.calibration_summary import calibration_summary
from mmfer.evaluation.features import Features, read_features
from mmfer.evaluation.folds import notes
from mmfer.evaluation.predictions import ClipPrediction
from mmfer.evaluation.report import denominator, format_score
from mmfer.structures import FRAME_WEIGHTS
from mmfer.visualization import (
    ActivatedFrames,
    ConfusionPanel,
    DistinctFrames,
    Embedding,
    MaskedFrames,
    ReliabilityPanel,
    ScoredFrames,
    Strip,
    attention_bars,
    choose_shown,
    draw_attention_strips,
    draw_confusion_matrices,
    draw_embeddings,
    draw_emotional_activation,
    draw_frame_scores,
    draw_reliability,
    draw_spatial_attention,
    embed,
    emotional_activation,
    frame_scores,
    read_frames,
    save_figure,
    spatial_maps,
    strip_title,
)

_CLIP_FIGURES = {
    'attention': 'frames with their weights as bars under them',
    'spatial': 'frames under the soft masks of spatial attention, a row for each head',
    'scores': 'frames with their class probabilities and their importance',
    'activation': 'frames with the weight of each clip of the video, the selected one in a box',
}


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(prog='plot', description=__doc__)
    commands = parser.add_subparsers(dest='command', required=True)
    for name, text in _CLIP_FIGURES.items():
        figure = commands.add_parser(name, help=text)
        figure.add_argument('--root', help='folder that holds the frames; default: where they '
                            'were when the predictions were made')
        figure.add_argument('--clips', nargs='+', metavar='CLIP', help='default: one per class, '
                            'the correct one with the highest score')
        figure.add_argument('--num', type=int, help='number of clips, over the classes in turn')
        figure.add_argument('--max-frames', type=int, default=12,
                            help='frames to show of a clip; of longer ones evenly spread frames '
                            'and the heaviest (default 12)')
    commands.choices['attention'].add_argument(
        '--against', nargs='+', metavar='FILE', help='predictions of another method, drawn as '
        'the blue bars: FAN without relation attention makes Fig. 2 of the paper')
    matrix = commands.add_parser('confusion', help='confusion matrix of all test clips')
    reliable = commands.add_parser(
        'reliability', help='share of right answers against their confidence, with the counts')
    reliable.add_argument('--bins', type=int, default=BINS,
                          help=f'of confidence (default {BINS})')
    reliable.add_argument('--binning', choices=BINNINGS, default=BINNINGS[0],
                          help='bins of equal width or of equal mass (default width)')
    for figure in (matrix, reliable):
        figure.add_argument('--against', nargs='+', action='append', default=[], metavar='FILE',
                            help='files or folders of another method, drawn beside it; repeat '
                            'the option for further ones')
    for command in commands.choices.values():
        command.add_argument('predictions', nargs='+', metavar='PREDICTIONS',
                             help='predictions.parquet files of one method, or folders')
    tsne = commands.add_parser('tsne', help='features in the plane by t-SNE, coloured by class')
    tsne.add_argument('features', nargs='+', metavar='FEATURES',
                      help='files of tools/extract_features.py, one panel for each')
    tsne.add_argument('--titles', nargs='+', metavar='TITLE',
                      help='of the panels; default: the names of the configs')
    tsne.add_argument('--perplexity', type=float, default=30.,
                      help='neighbours that a point keeps (default 30; at most a third of them)')
    tsne.add_argument('--seed', type=int, default=0, help='of the optimisation (default 0)')
    for command in commands.choices.values():
        command.add_argument('--out', required=True, metavar='DIR',
                             help='folder for the PNG and the SVG')
    return parser


def choose_clips(pool: Pool, clips: Sequence[str] | None,
                 num: int | None) -> list[ClipPrediction]:
    """The clips to draw, of the first seed: those named, or good examples of each class.

    Raises:
        PredictionError: A named clip was not tested, or the answers are for frames.
    """
    if pool.per_frame:
        raise PredictionError('these predictions are answers per frame, which have no attention '
                              'to draw; the confusion matrix is there for both')
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


@dataclass(frozen=True)
class ChosenClip:
    """A clip to draw.

    Attributes:
        row: Its prediction.
        title: Above its frames.
        distinct: Its distinct frames.
        correct: Whether the prediction is right.
        read: Gives the images at positions of ``distinct``.
        most: Frames to show at most.
    """

    row: ClipPrediction
    title: str
    distinct: DistinctFrames
    correct: bool
    read: Callable[[np.ndarray], list[np.ndarray]]
    most: int

    def heaviest_shown(self) -> np.ndarray:
        """Positions to show: evenly spread, and the heaviest where frames are weighed."""
        weights = self.row.attention.get(FRAME_WEIGHTS)
        shares = (self.distinct.uniform if weights is None else self.distinct.total(weights))
        return choose_shown(shares, self.most)


def chosen_clips(args: argparse.Namespace, pool: Pool) -> Iterator[ChosenClip]:
    """The clips that the arguments ask for."""
    root = args.root or read_predictions(
        find_predictions(args.predictions)[0]).metadata['data_root']
    if root is None:
        raise PredictionError('the predictions do not say where the frames are; give --root')
    run = f', seed {pool.seeds[0]}' if len(pool.seeds) > 1 else ''
    for row in choose_clips(pool, args.clips, args.num):
        distinct = DistinctFrames.of(row.frame_numbers)

        def read(shown: np.ndarray, row: ClipPrediction = row,
                 distinct: DistinctFrames = distinct) -> list[np.ndarray]:
            return read_frames(row, root, distinct.numbers[shown].tolist())

        yield ChosenClip(row, strip_title(row, pool.metadata['classes']) + run, distinct,
                         int(row.scores.argmax()) == row.label, read, args.max_frames)


def plot_attention(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the attention strips."""
    rival = load_pool(args.against) if args.against else None
    rivals = {(row.split, row.clip): row for row in rival.rows[0]} if rival else {}
    name, rival_name = (str(p.metadata['config_name'] or '') if p else '' for p in (pool, rival))
    strips = []
    for clip in chosen_clips(args, pool):
        row = clip.row
        if rival and (row.split, row.clip) not in rivals:
            raise PredictionError(f'clip {row.clip!r} of split {row.split!r} is not in the '
                                  'predictions of --against')
        bars = attention_bars(row, name if rival else '', rivals.get((row.split, row.clip)),
                              rival_name)
        shown = choose_shown(bars[-1].shares, args.max_frames)
        strips.append(Strip(clip.title, clip.read(shown), shown, clip.distinct.numbers,
                            clip.distinct.uniform, bars, row.apex, clip.correct))
    return draw_attention_strips(strips, notes(pool.metadata))


def plot_spatial(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the masks of spatial attention."""
    masked = []
    for clip in chosen_clips(args, pool):
        maps, shown = spatial_maps(clip.row), clip.heaviest_shown()
        masked.append(MaskedFrames(clip.title, clip.read(shown), shown, clip.distinct.numbers,
                                   maps, clip.correct))
    return draw_spatial_attention(masked, notes(pool.metadata))


def plot_scores(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the class probabilities of each frame."""
    scored = []
    for clip in chosen_clips(args, pool):
        (scores, importance), shown = frame_scores(clip.row), clip.heaviest_shown()
        scored.append(ScoredFrames(
            clip.title, clip.read(shown), shown, clip.distinct.numbers, scores,
            pool.metadata['classes'], int(clip.row.scores.argmax()), importance,
            clip.distinct.uniform, clip.row.apex, clip.correct))
    return draw_frame_scores(scored, notes(pool.metadata))


def plot_activation(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the emotional activation."""
    videos = []
    for clip in chosen_clips(args, pool):
        activation = emotional_activation(clip.row)
        first, last = activation.spans[activation.selected]
        inside = (activation.frame_numbers >= first) & (activation.frame_numbers <= last)
        # the heaviest frame of the selected clip, so that the box is never empty
        shown = choose_shown(inside + activation.weights * inside, args.max_frames)
        videos.append(ActivatedFrames(clip.title, clip.read(shown), shown, activation,
                                      clip.row.apex, clip.correct))
    return draw_emotional_activation(videos, notes(pool.metadata))


def plot_confusion(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the confusion matrices."""
    panels = []
    pools = [pool, *(load_pool(paths) for paths in args.against)]
    for other in pools:
        if other.metadata['classes'] != pool.metadata['classes']:
            raise PredictionError(f'{other.metadata["config_name"]}: its classes are not those '
                                  f'of {pool.metadata["config_name"]}; matrices side by side '
                                  'show the same classes')
        summary = summarize(other)
        pooled, seeds = summary['pooled'], summary['seeds']
        scores = ', '.join(f'{name} {format_score(score)}'
                           for name, score in pooled['scores'].items() if name != 'F1')
        of = denominator(pooled)
        of += f'; counts summed over {len(seeds)} seeds' if seeds[1:] else ''
        panels.append(ConfusionPanel(
            pooled['confusion'], summary['metadata']['config_name'] or 'confusion matrix',
            f'{scores}\n{of}', '\n'.join(summary['notes'])))
    return draw_confusion_matrices(panels, pool.metadata['classes'])


def plot_reliability(args: argparse.Namespace, pool: Pool) -> Figure:
    """Draws the reliability diagrams."""
    panels = []
    for other in (pool, *(load_pool(paths) for paths in args.against)):
        summary = calibration_summary(other, args.bins, args.binning)
        over = (f'; counts summed over {len(other.seeds)} seeds' if other.seeds[1:] else '')
        panels.append(ReliabilityPanel(
            summary['reliability'], other.metadata['config_name'] or 'reliability',
            f'ECE {format_score(summary["scores"]["ECE"])}\n{summary["bins"]} bins of equal '
            f'{summary["binning"]}\n{denominator(summary)}{over}',
            '\n'.join(notes(other.metadata))))
    return draw_reliability(panels)


def plot_tsne(args: argparse.Namespace) -> Figure:
    """Draws the features of one or several methods in the plane."""
    files = [read_features(path) for path in args.features]
    panels = []
    for index, file in enumerate(files):
        if file.classes != files[0].classes:
            raise PredictionError(f'{file.path}: its classes are not those of {files[0].path}')
        labelled = file.labels >= 0
        if labelled.sum() < 4:
            raise PredictionError(f'{file.path}: {labelled.sum()} labelled rows are too few for '
                                  't-SNE; it needs at least 4')
        title = args.titles[index] if args.titles else str(file.metadata.get('config_name') or '')
        panels.append(Embedding(
            title, embed(file.values[labelled], args.seed, args.perplexity),
            file.labels[labelled], _feature_note(file, int(labelled.sum()))))
    return draw_embeddings(panels, files[0].classes)


def _feature_note(file: Features, rows: int) -> str:
    what = 'videos' if file.frames is None else 'frames'
    return f'{rows} {what}, {file.values.shape[1]} channels'


_FIGURES: dict[str, tuple[Callable[[argparse.Namespace, Pool], Figure], str]] = {
    'attention': (plot_attention, 'attention'),
    'spatial': (plot_spatial, 'spatial_attention'),
    'scores': (plot_scores, 'frame_scores'),
    'activation': (plot_activation, 'emotional_activation'),
    'confusion': (plot_confusion, 'confusion_matrix'),
    'reliability': (plot_reliability, 'reliability'),
}


def _check(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    if args.command in _CLIP_FIGURES:
        if args.max_frames < 2:
            parser.error('--max-frames must be at least 2')
        if args.num is not None and args.num < 1:
            parser.error('--num must be at least 1')
        if args.num is not None and args.clips is not None:
            parser.error('--num and --clips both choose the clips; give one of them')
    if args.command == 'reliability' and args.bins < 1:
        parser.error('--bins must be at least 1')
    if args.command == 'tsne':
        if args.titles and len(args.titles) != len(args.features):
            parser.error('--titles: give one for each features file')
        if args.perplexity < 1:
            parser.error('--perplexity must be at least 1')


@reports_errors
def main(argv: Sequence[str] | None = None) -> int:
    """Entry point of ``tools/plot.py``."""
    parser = build_parser()
    args = parser.parse_args(argv)
    _check(parser, args)
    if args.command == 'tsne':
        figure, name = plot_tsne(args), 'tsne'
    else:
        draw, name = _FIGURES[args.command]
        figure = draw(args, load_pool(args.predictions))
    for path in save_figure(figure, Path(args.out) / name):
        print(path)
    return 0


if __name__ == '__main__':
    sys.exit(main())
