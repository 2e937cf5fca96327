"""Clips of an annotation file, chosen by a protocol, as samples that MMAction2 takes."""
from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset, Compose, force_full_init
from mmengine.logging import print_log

from mmfer.annotation_table import Row, RowTable
from mmfer.annotations import Annotations, media_kind, read_annotations
from mmfer.datasets.face_rows import first_of, mean_coverage
from mmfer.datasets.joining import (
    OUTSIDE,
    canonical_or_own,
    labels_inside,
    left_out_text,
    wanted_votes,
)
from mmfer.datasets.label_distribution import map_distribution
from mmfer.datasets.media_paths import check_paths, real_path
from mmfer.datasets.randomness import BUILD, DRAW, SampleIndex, seeded
from mmfer.datasets.sample_table import SampleTable
from mmfer.datasets.transforms.missing_faces import MissingFaces
from mmfer.errors import AnnotationError, ConfigError
from mmfer.protocols import part_clips, protocol_hash, read_protocol
from mmfer.registry import DATASETS, TRANSFORMS
from mmfer.storage import is_pack

__all__ = ['ExpressionDataset', 'class_mapping', 'media_fields']


def class_mapping(annotated: Sequence[str], wanted: Sequence[str]) -> list[int | None]:
    """For each class of the annotation file its index in ``wanted``, ``None`` if absent.

    Equal names are the same class, and so are two names of one canonical expression.
    """
    place = {name: index for index, name in enumerate(wanted)}
    by_expression = {canonical_or_own(name): index for index, name in enumerate(wanted)}
    return [place.get(name, by_expression.get(canonical_or_own(name))) for name in annotated]


def media_fields(row: dict[str, Any], root: str, packed: bool | None = None) -> dict[str, Any]:
    """MMAction2's keys for where the frames of an annotation row are.

    Where ``root`` is a pack, ``storage`` names it; ``packed`` spares the look whether it is.

    Raises:
        AnnotationError: The path leaves ``root``.
        ConfigError: ``root`` is an address or a command.
        StorageError: ``root`` is an unfinished pack.
    """
    packed = is_pack(root) if packed is None else packed
    storage = dict(storage=os.path.realpath(root)) if packed else {}
    path, kind = real_path(root, row['frames']), media_kind(row)
    if kind == 'video':
        return dict(filename=path, start_index=0, **storage)
    if kind == 'image':  # a clip of one frame: the template is the file's name
        folder, name = os.path.split(path)
        name = name.replace('{', '{{').replace('}', '}}')
        return dict(frame_dir=folder, filename_tmpl=name, start_index=1, **storage)
    return dict(
        frame_dir=path,
        filename_tmpl=row.get('filename_tmpl', '{:06d}.jpg'),
        start_index=row.get('start_index', 1), **storage)


def _built(step: dict | Callable) -> Callable:
    # own and MMAction2's names, whatever the default scope is, also without a runner
    return TRANSFORMS.build({'_scope_': 'mmfer', **step}) if isinstance(step, dict) else step


def _steps(pipeline: Compose) -> Iterator[Callable]:
    """The steps of a pipeline, and those of the views of test-time augmentation."""
    for step in pipeline.transforms:
        yield step
        for view in getattr(step, 'subroutines', ()):
            yield from _steps(view)


def _frames_per_repeat(repeat: str | dict[str, int] | None) -> int | None:
    """Frames that each repetition of a clip stands for; None where clips are not repeated."""
    if repeat is None:
        return None
    if repeat == 'frames':
        return 1
    if isinstance(repeat, dict) and list(repeat) == ['windows']:
        length = repeat['windows']
        if type(length) is int and length >= 1:
            return length
    raise ConfigError(f'ExpressionDataset: repeat is {repeat!r}; give "frames", '
                      'dict(windows=LENGTH) or None')


@DATASETS.register_module()
class ExpressionDataset(BaseDataset):
    """The labelled clips of one part of a split.

    A sample holds, in MMAction2's keys, ``frame_dir`` and ``filename_tmpl`` or
    ``filename``, ``total_frames`` (present ones), ``start_index``, ``modality``,
    ``offset`` and ``label``; beside them ``clip``, ``frames`` (the path as annotated),
    ``frame_numbers`` (int64, or ``None`` where none is missing), ``subject``, ``apex``,
    ``label_distribution`` ((C,) float32, only where annotated; classes that the annotation
    file lacks have 0), ``face_status`` (only where annotated), ``frame_labels`` (int64 where
    annotated, -1 to ignore), ``sample_idx``, ``seed``, ``repeat_index`` and ``repeat_count``.

    ``metainfo`` holds ``corpus``, ``classes``, ``annotation_hash``, ``data_root``, ``part``
    and, of the protocol, ``protocol_hash``, ``protocol_name``, ``split``, ``selection`` and
    ``subject_disjoint`` (``None`` without a protocol); ``faceless`` lists ``clip``, ``label``
    and ``subject`` of those of the part that have no frame (``num_frames`` 0, or none that the
    pipeline's :class:`~mmfer.datasets.transforms.MissingFaces` leaves), which become no samples
    (under ``'mask'`` also ``frame_counts``, how many of their frames have each label);
    ``coverage``, ``mean`` and number of ``clips`` of those whose ``face_status`` is known, or
    ``None``; ``left_out`` counts the labels outside ``classes``, see
    :func:`~mmfer.datasets.joining.labels_inside`.

    Indexed by a :class:`~mmfer.datasets.randomness.SampleIndex`, as own samplers yield it,
    a sample's draws follow from seed, epoch and index; indexed by a plain integer, the
    pipeline draws from the process's generators (and once-only draws take seed 0).

    Args:
        ann_file: Annotation file.
        data_root: Folder that the paths in it are relative to, or a pack of such a folder
            (:mod:`mmfer.storage`); nothing outside is read.
        pipeline: Transforms.
        protocol_file: Protocol file; without one every labelled clip takes part.
        split: Name of a split of it.
        part: ``'train'``, ``'validation'`` (or ``'selection'``) or ``'test'``.
        selection: ``'last'``, ``'inner'`` or ``'literature'``, see
            :func:`mmfer.protocols.part_clips`.
        classes: Class names in the order of the labels; by default the annotation file's.
            Labels are matched by name.
        outside: What becomes of labels that are not among ``classes``: ``'error'`` refuses
            them; ``'drop'`` leaves their clips (or frames) out, and prints how many.
        corpus: Put before the names of clips and subjects as ``corpus/...``, where several
            corpora are read at once.
        first_frames: Take part with the first so many frames of each clip only. A corpus
            whose clips begin neutral then tells how much besides the expression gives the
            label away.
        repeat: ``'frames'`` makes a clip as many samples as it has frames, told apart by
            ``repeat_index`` (the released code of FAN trains so); ``dict(windows=8)`` as
            many as it has windows of 8 frames, ceil(T / 8), for
            :class:`~mmfer.datasets.transforms.WindowSample`; ``None`` makes it one.
        test_mode: As in mmengine; by default true except for training.
        indices: As in mmengine, a number or list of samples to keep.
        lazy_init: As in mmengine.

    Raises:
        AnnotationError: The file is malformed, a path leaves the root, a label or a class
            with a share of a label distribution is not among ``classes``, or no clip is left.
        ProtocolError: The protocol does not fit the annotation file.
        ConfigError: Arguments contradict each other, or ``data_root`` is an address.
        StorageError: ``data_root`` is an unfinished pack.
    """

    def __init__(self, ann_file: str, data_root: str,
                 pipeline: Sequence[dict | Callable] = (), protocol_file: str | None = None,
                 split: str | None = None, part: str = 'train', selection: str = 'last',
                 classes: Sequence[str] | None = None, outside: str = 'error',
                 corpus: str | None = None, first_frames: int | None = None,
                 repeat: str | dict[str, int] | None = None, test_mode: bool | None = None,
                 indices: int | Sequence[int] | None = None,
                 lazy_init: bool = False) -> None:
        if (protocol_file is None) != (split is None):
            raise ConfigError('ExpressionDataset: protocol_file and split go together; '
                              f'got {protocol_file!r} and {split!r}')
        if first_frames is not None and first_frames < 1:
            raise ConfigError(f'ExpressionDataset: first_frames is {first_frames}; '
                              'give at least 1, or None for all')
        if classes is not None and len(set(classes)) != len(classes):
            raise ConfigError(f'ExpressionDataset: a name occurs twice in classes {classes}')
        # refuses commands, addresses and unfinished packs here and now
        self._packed = is_pack(data_root)
        if outside not in OUTSIDE:
            raise ConfigError(f'ExpressionDataset: outside is {outside!r}; it is one of '
                              f'{", ".join(OUTSIDE)}')
        self.outside, self.corpus = outside, corpus
        self._frames_per_repeat = _frames_per_repeat(repeat)
        self.protocol_file, self.split = protocol_file, split
        self.part, self.selection = part, selection
        self.classes = None if classes is None else tuple(classes)
        self.first_frames, self.repeat = first_frames, repeat
        # Some host transforms draw when they are built: the same on every rank and run.
        with seeded(BUILD):
            super().__init__(
                ann_file=str(ann_file), data_root=str(data_root), data_prefix={},
                pipeline=[_built(step) for step in pipeline],
                test_mode=part != 'train' if test_mode is None else test_mode,
                indices=indices, serialize_data=False, lazy_init=lazy_init, max_refetch=0)

    def _join_prefix(self) -> None:
        """Leaves ``ann_file`` alone: it is not relative to ``data_root``."""

    def load_data_list(self) -> SampleTable:
        """The samples of this part, sorted by clip."""
        annotations = self._annotations()
        classes = self.classes or annotations.classes
        rows = self._rows(annotations)
        self._metainfo.update(
            corpus=annotations.metainfo['corpus'], classes=tuple(classes), part=self.part,
            annotation_hash=annotations.hash, data_root=self.data_root)
        mapping = class_mapping(annotations.classes, classes)
        rows = self._inside(rows, annotations.classes, mapping)
        self._annotated, self._mapping = annotations.classes, mapping
        if None in mapping and self.outside == 'error':
            self._check_labels(rows, annotations.classes, mapping)
        # the last place is that of -1, ignored frames, as those of a class outside are
        self._class_of = np.array([-1 if place is None else place for place in (*mapping, -1)])
        self._same_classes = mapping == list(range(len(mapping)))
        frames = self._frames_seen(rows)
        faceless = frames == 0
        self._metainfo['faceless'] = tuple(map(self._faceless, rows.take(faceless)))
        self._metainfo['coverage'] = mean_coverage(rows)
        if faceless.any():
            rows, frames = rows.take(~faceless), frames[~faceless]
        if not len(rows):
            raise AnnotationError(
                f'{self.ann_file}: no labelled clip in part {self.part!r} of split '
                f'{self.split!r}; check the protocol file, or choose another part')
        check_paths(self.data_root, rows.column('frames').to_pylist())
        if self._frames_per_repeat is None:
            return SampleTable.of(rows, np.ones_like(frames))
        return SampleTable.of(rows, -(-frames // self._frames_per_repeat))

    @property
    def missing_faces(self) -> MissingFaces | None:
        """What the pipeline makes of frames without a face; None where it has no such step."""
        return next((step for step in _steps(self.pipeline) if isinstance(step, MissingFaces)),
                    None)

    def _frames_seen(self, rows: RowTable) -> np.ndarray:
        """How many frames of each row a sampler can choose from, (R,) int64."""
        policy = self.missing_faces
        if policy is not None:
            return np.array([policy.count(first_of(row, self.first_frames)) for row in rows],
                            np.int64)
        frames = rows.numbers('num_frames')
        return frames if self.first_frames is None else np.minimum(frames, self.first_frames)

    def _inside(self, rows: RowTable, names: Sequence[str],
                mapping: Sequence[int | None]) -> RowTable:
        """The rows with a wanted label; sets and prints what is left out."""
        left_out: dict[str, dict[str, int]] = {}
        if self.outside == 'drop':
            inside, left_out = labels_inside(rows, names, mapping)
            rows = rows.take(inside)
        self._metainfo['left_out'] = left_out
        if left_out:
            print_log(f'{self.ann_file}, {self.part} part: {left_out_text(left_out)} left out, '
                      'not among the wanted classes', logger='current')
        return rows

    def _faceless(self, row: Row) -> dict[str, Any]:
        subject, policy = row.get('subject'), self.missing_faces
        fact = {'clip': self._named(row['clip']),
                'label': int(self._class_of[row['label']]) if 'label' in row else None,
                'subject': None if subject is None else self._named(subject)}
        if policy is not None and policy.policy == 'mask' and 'frame_labels' in row:
            labels = self._class_of[np.array(row['frame_labels'], np.int64)]
            fact['frame_counts'] = np.bincount(
                labels[labels >= 0], minlength=len(self._metainfo['classes'])).tolist()
        return fact

    def _named(self, name: str) -> str:
        return name if self.corpus is None else f'{self.corpus}/{name}'

    def _get_unserialized_subset(self, indices: int | Sequence[int]) -> SampleTable:
        if isinstance(indices, int):
            return self.data_list[:indices] if indices >= 0 else self.data_list[indices:]
        return self.data_list.take(np.asarray(indices, dtype=np.int64))

    def _annotations(self) -> Annotations:
        return read_annotations(self.ann_file)

    def _rows(self, annotations: Annotations) -> RowTable:
        """The rows that take part; sets what the protocol says."""
        facts: dict[str, Any] = dict.fromkeys(
            ('protocol_hash', 'protocol_name', 'split', 'selection', 'subject_disjoint'))
        chosen = annotations.table.labelled()
        if self.protocol_file is not None and self.split is not None:
            protocol = read_protocol(self.protocol_file, annotations)
            split = protocol.split(self.split)
            clips = part_clips(split, self.part, self.selection)
            in_part = np.zeros_like(chosen)
            in_part[annotations.table.find(clips)] = True
            chosen &= in_part
            facts = dict(
                protocol_hash=protocol_hash(protocol), protocol_name=protocol.name,
                split=self.split, selection=self.selection,
                subject_disjoint=protocol.subject_disjoint)
        self._metainfo.update(facts)
        return annotations.table.take(chosen)

    def _sample(self, row: Row) -> dict[str, Any]:
        """A sample of a row whose lists of numbers are arrays."""
        row, subject = first_of(row, self.first_frames), row.get('subject')
        sample = dict(
            clip=self._named(row['clip']), frames=row['frames'],
            subject=None if subject is None else self._named(subject),
            apex=row['apex'].tolist() if 'apex' in row else None, frame_numbers=None,
            total_frames=row['num_frames'], modality='RGB', offset=0,
            **media_fields(row, self.data_root, self._packed))
        if 'frame_numbers' in row:
            sample['frame_numbers'] = row['frame_numbers']
        if 'face_status' in row:
            sample['face_status'] = row['face_status']
        if 'label' in row:
            sample['label'] = int(self._class_of[row['label']])
            if 'label_distribution' in row:
                sample['label_distribution'] = self._distribution(row)
        else:
            labels = row['frame_labels']
            sample['frame_labels'] = labels if self._same_classes else self._class_of[labels]
        return sample

    def _check_labels(self, rows: RowTable, names: Sequence[str],
                      mapping: Sequence[int | None]) -> None:
        gone = [label for label, index in enumerate(mapping) if index is None]
        for row in rows:
            labels = {row['label']} if 'label' in row else set(row['frame_labels'])
            for label in sorted(labels.intersection(gone)):
                raise AnnotationError(
                    f'{self.ann_file}: clip {row["clip"]!r}: class {names[label]!r} is not '
                    f'among the wanted classes {list(self.classes or ())}; add it to them, leave '
                    "such clips out of the protocol, or set outside='drop'")
            if 'label_distribution' in row:
                self._distribution(row)

    def _distribution(self, row: Row) -> np.ndarray:
        """Shares of the annotators' votes for each wanted class, (C,) float32."""
        shares, where = row['label_distribution'], f'{self.ann_file}: clip {row["clip"]!r}'
        if self.outside == 'drop':
            shares = wanted_votes(shares, self._mapping, where)
        return map_distribution(shares, self._mapping, len(self._metainfo['classes']), where,
                                self._annotated)

    @force_full_init
    def clip_numbers(self) -> np.ndarray:
        """Which clip each sample is of, (len,) int64 from 0; equal for a clip's repeats."""
        if self.repeat is None:
            return np.arange(len(self), dtype=np.int64)
        return np.unique(self.data_list.clips, return_inverse=True)[1].astype(np.int64)

    @force_full_init
    def class_counts(self, num_classes: int) -> np.ndarray:
        """What :func:`mmfer.datasets.class_counts.class_counts` gives, from arrays."""
        rows = self.data_list.rows
        samples = np.bincount(self.data_list.clips, minlength=len(rows))
        frame_labels, bounds = rows.lists('frame_labels')
        labels = self._class_of[np.concatenate([rows.numbers('label'), frame_labels])]
        times = np.concatenate([samples, np.repeat(samples, np.diff(bounds))])
        return np.bincount(labels[labels >= 0], times[labels >= 0], num_classes).astype(np.int64)

    @force_full_init
    def get_cat_ids(self, idx: int) -> list[int]:
        """Classes of a sample, for mmengine's ``ClassBalancedDataset``."""
        rows, clip = self.data_list.rows, int(self.data_list.clips[int(idx)])
        label = rows.column('label')[clip].as_py()
        if label is not None:
            return [int(self._class_of[label])]
        labels = self._class_of[rows.column('frame_labels')[clip].values.to_numpy()]
        return np.flatnonzero(np.bincount(labels[labels >= 0])).tolist()

    @force_full_init
    def get_data_info(self, idx: int) -> dict[str, Any]:
        """A sample before the pipeline."""
        row, repeat_index, repeat_count = self.data_list[int(idx)]
        return dict(self._sample(row), repeat_index=repeat_index, repeat_count=repeat_count,
                    sample_idx=int(idx) % len(self.data_list),
                    seed=idx.seed if isinstance(idx, SampleIndex) else 0)

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """A sample after the pipeline."""
        if not isinstance(idx, SampleIndex):
            return super().__getitem__(idx)
        with seeded(DRAW, idx.seed, idx.epoch, idx.position):
            return super().__getitem__(idx)
