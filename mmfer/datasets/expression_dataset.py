"""Clips of an annotation file, chosen by a protocol, as samples that MMAction2 takes."""
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mmengine.dataset import BaseDataset

from mmfer.annotations import Annotations, is_labelled, media_kind, read_annotations, resolve_inside
from mmfer.datasets.label_distribution import map_distribution
from mmfer.datasets.randomness import BUILD, DRAW, SampleIndex, seeded
from mmfer.errors import AnnotationError, ConfigError
from mmfer.protocols import part_clips, protocol_hash, read_protocol
from mmfer.registry import DATASETS, TRANSFORMS
from mmfer.storage import is_pack

__all__ = ['ExpressionDataset', 'class_mapping', 'media_fields']


def class_mapping(annotated: Sequence[str], wanted: Sequence[str]) -> list[int | None]:
    """For each class of the annotation file its index in ``wanted``, ``None`` if absent."""
    place = {name: index for index, name in enumerate(wanted)}
    return [place.get(name) for name in annotated]


def media_fields(row: dict[str, Any], root: str) -> dict[str, Any]:
    """MMAction2's keys for where the frames of an annotation row are.

    Where ``root`` is a pack, ``storage`` names it.

    Raises:
        AnnotationError: The path leaves ``root``.
        ConfigError: ``root`` is an address or a command.
        StorageError: ``root`` is an unfinished pack.
    """
    storage = dict(storage=os.path.realpath(root)) if is_pack(root) else {}
    path, kind = resolve_inside(root, row['frames']), media_kind(row)
    if kind == 'video':
        return dict(filename=str(path), start_index=0, **storage)
    if kind == 'image':  # a clip of one frame: the template is the file's name
        name = path.name.replace('{', '{{').replace('}', '}}')
        return dict(frame_dir=str(path.parent), filename_tmpl=name, start_index=1, **storage)
    return dict(
        frame_dir=str(path),
        filename_tmpl=row.get('filename_tmpl', '{:06d}.jpg'),
        start_index=row.get('start_index', 1), **storage)


def _built(step: dict | Callable) -> Callable:
    # own and MMAction2's names, whatever the default scope is, also without a runner
    return TRANSFORMS.build({'_scope_': 'mmfer', **step}) if isinstance(step, dict) else step


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
    file lacks have 0), ``frame_labels`` (int64 where annotated, -1 to ignore), ``sample_idx``,
    ``seed``, ``repeat_index`` and ``repeat_count``.

    ``metainfo`` holds ``corpus``, ``classes``, ``annotation_hash``, ``data_root``, ``part``
    and, of the protocol, ``protocol_hash``, ``protocol_name``, ``split``, ``selection`` and
    ``subject_disjoint`` (``None`` without a protocol); ``faceless`` lists the clips of the
    part that have no frame (``num_frames`` 0), which become no samples.

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
        first_frames: Take part with the first so many frames of each clip only. A corpus
            whose clips begin neutral then tells how much besides the expression gives the
            label away.
        repeat: ``'frames'`` makes a clip as many samples as it has frames, told apart by
            ``repeat_index`` (the released code of FAN trains so); ``dict(windows=8)`` as
            many as it has windows of 8 frames, ceil(T / 8), for
            :class:`~mmfer.datasets.transforms.WindowSample`; ``None`` makes it one.
        test_mode: As in mmengine; by default true except for training.
        indices: As in mmengine, a number or list of samples to keep.
        serialize_data: As in mmengine.
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
                 classes: Sequence[str] | None = None, first_frames: int | None = None,
                 repeat: str | dict[str, int] | None = None, test_mode: bool | None = None,
                 indices: int | Sequence[int] | None = None, serialize_data: bool = True,
                 lazy_init: bool = False) -> None:
        if (protocol_file is None) != (split is None):
            raise ConfigError('ExpressionDataset: protocol_file and split go together; '
                              f'got {protocol_file!r} and {split!r}')
        if first_frames is not None and first_frames < 1:
            raise ConfigError(f'ExpressionDataset: first_frames is {first_frames}; '
                              'give at least 1, or None for all')
        if classes is not None and len(set(classes)) != len(classes):
            raise ConfigError(f'ExpressionDataset: a name occurs twice in classes {classes}')
        is_pack(data_root)  # refuses commands, addresses and unfinished packs here and now
        self._frames_per_repeat = _frames_per_repeat(repeat)
        self._by_frame: dict[str, dict[str, np.ndarray]] = {}
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
                indices=indices, serialize_data=serialize_data, lazy_init=lazy_init,
                max_refetch=0)

    def _join_prefix(self) -> None:
        """Leaves ``ann_file`` alone: it is not relative to ``data_root``."""

    def load_data_list(self) -> list[dict[str, Any]]:
        """The samples of this part, sorted by clip."""
        annotations = self._annotations()
        classes = self.classes or annotations.classes
        rows = self._rows(annotations)
        self._metainfo.update(
            corpus=annotations.metainfo['corpus'], classes=tuple(classes), part=self.part,
            annotation_hash=annotations.hash, data_root=self.data_root)
        mapping = class_mapping(annotations.classes, classes)
        self._metainfo['faceless'] = tuple(row['clip'] for row in rows if not row['num_frames'])
        samples = [self._sample(row, annotations, mapping) for row in rows if row['num_frames']]
        if not samples:
            raise AnnotationError(
                f'{self.ann_file}: no labelled clip in part {self.part!r} of split '
                f'{self.split!r}; check the protocol file, or choose another part')
        if self._frames_per_repeat is None:
            return samples
        counts = [-(-sample['total_frames'] // self._frames_per_repeat) for sample in samples]
        return [{**sample, 'repeat_index': index, 'repeat_count': count}
                for sample, count in zip(samples, counts) for index in range(count)]

    def _annotations(self) -> Annotations:
        return read_annotations(self.ann_file)

    def _rows(self, annotations: Annotations) -> list[dict[str, Any]]:
        facts: dict[str, Any] = dict.fromkeys(
            ('protocol_hash', 'protocol_name', 'split', 'selection', 'subject_disjoint'))
        rows = [row for row in annotations.rows if is_labelled(row)]
        if self.protocol_file is not None and self.split is not None:
            protocol = read_protocol(self.protocol_file, annotations)
            split = protocol.split(self.split)
            clips = set(part_clips(split, self.part, self.selection))
            rows = [row for row in rows if row['clip'] in clips]
            facts = dict(
                protocol_hash=protocol_hash(protocol), protocol_name=protocol.name,
                split=self.split, selection=self.selection,
                subject_disjoint=protocol.subject_disjoint)
        self._metainfo.update(facts)
        return rows

    def _sample(self, row: dict[str, Any], annotations: Annotations,
                mapping: list[int | None]) -> dict[str, Any]:
        sample = dict(
            clip=row['clip'], frames=row['frames'], subject=row.get('subject'),
            apex=row.get('apex'), frame_numbers=None, total_frames=row['num_frames'],
            modality='RGB', offset=0, repeat_index=0, repeat_count=1,
            **media_fields(row, self.data_root))
        by_frame = {}
        if 'frame_numbers' in row:
            numbers = np.asarray(row['frame_numbers'], dtype=np.int64)
            by_frame['frame_numbers'] = numbers[:self.first_frames]
        if self.first_frames is not None:
            sample['total_frames'] = min(sample['total_frames'], self.first_frames)

        def mapped(label: int) -> int:
            index = mapping[label]
            if index is None:
                raise AnnotationError(
                    f'{self.ann_file}: clip {row["clip"]!r}: class '
                    f'{annotations.classes[label]!r} is not among the wanted classes '
                    f'{list(self.classes or ())}; add it to them, or leave such clips out of '
                    'the protocol')
            return index

        if 'label' in row:
            sample['label'] = mapped(row['label'])
            if 'label_distribution' in row:
                sample['label_distribution'] = map_distribution(
                    row['label_distribution'], mapping, len(self._metainfo['classes']),
                    f'{self.ann_file}: clip {row["clip"]!r}', annotations.classes)
        else:
            labels = np.asarray(row['frame_labels'], dtype=np.int64)
            by_frame['frame_labels'] = labels.copy()
            for label in np.unique(labels[labels >= 0]).tolist():
                by_frame['frame_labels'][labels == label] = mapped(label)
        if by_frame:
            self._by_frame[row['clip']] = by_frame
        return sample

    def clip_numbers(self) -> np.ndarray:
        """Which clip each sample is of, (len,) int64 from 0; equal for a clip's repeats."""
        if self.repeat is None:
            return np.arange(len(self), dtype=np.int64)
        clips = [self.get_data_info(index)['clip'] for index in range(len(self))]
        return np.unique(clips, return_inverse=True)[1].astype(np.int64)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Classes of a sample, for mmengine's ``ClassBalancedDataset``."""
        sample = self.get_data_info(idx)
        labels = sample['frame_labels'] if 'frame_labels' in sample else [sample['label']]
        return sorted({int(label) for label in labels if label >= 0})

    def get_data_info(self, idx: int) -> dict[str, Any]:
        """A sample before the pipeline."""
        sample = super().get_data_info(int(idx))
        # kept beside the samples: a clip's windows share them, and there are many windows
        sample.update(self._by_frame.get(sample['clip'], {}))
        sample['seed'] = idx.seed if isinstance(idx, SampleIndex) else 0
        return sample

    def __getitem__(self, idx: int) -> dict[str, Any]:
        """A sample after the pipeline."""
        if not isinstance(idx, SampleIndex):
            return super().__getitem__(idx)
        with seeded(DRAW, idx.seed, idx.epoch, idx.position):
            return super().__getitem__(idx)
