"""Several corpora as one dataset, their labels joined by name."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from mmengine.dataset import ConcatDataset

from mmfer.annotations import read_annotations
from mmfer.datasets.expression_dataset import ExpressionDataset
from mmfer.datasets.joining import check_distinct, joined_classes, joint_hash
from mmfer.errors import ConfigError
from mmfer.registry import DATASETS

__all__ = ['JointDataset']


def joint_coverage(parts: Sequence[Mapping[str, float] | None]) -> dict[str, float] | None:
    """Mean coverage over the clips of several datasets; None where none knows it."""
    known = [part for part in parts if part is not None]
    count = sum(part['clips'] for part in known)
    if not count:
        return None
    return {'mean': sum(part['mean'] * part['clips'] for part in known) / count, 'clips': count}


@DATASETS.register_module()
class JointDataset(ConcatDataset):
    """The clips of the same part of several corpora, one corpus after the other.

    Each corpus keeps its own annotation file, protocol and split. Samples are those of
    :class:`ExpressionDataset`; their ``clip`` and ``subject`` are called ``corpus/...``, so
    that equal ids of two corpora stay two clips, and two people.

    ``metainfo`` holds ``corpus`` (the names, joined by ``+``), ``corpora`` (the names),
    ``classes``, ``annotation_hash`` (of all files), ``part``, ``selection``,
    ``subject_disjoint``, ``faceless``, ``coverage``, ``left_out`` (of each corpus, the labels
    outside ``classes``) and ``members``, the metainfo of each corpus.

    Args:
        ann_file: By the name of each corpus its annotation file.
        data_root: By the name of each corpus its folder.
        protocol_file: By the name of each corpus its protocol file.
        split: By the name of each corpus its split.
        pipeline: Transforms, for all corpora.
        classes: ``'intersection'``, the classes that all corpora have; ``'union'``, those
            that any has; or a list of names. See
            :func:`~mmfer.datasets.joining.joined_classes`.
        outside: Clips of other classes are left out and counted (``'drop'``), or refused
            (``'error'``).
        part: As of :class:`ExpressionDataset`, like the following.
        selection: See there.
        first_frames: See there.
        repeat: See there.
        test_mode: See there.

    Raises:
        AnnotationError: A file is malformed, two corpora share media, or no clip is left.
        ConfigError: The classes are not as described, or the four do not name the same
            corpora in the same order.
        ProtocolError: A protocol does not fit its annotation file.
    """

    def __init__(self, ann_file: Mapping[str, str], data_root: Mapping[str, str],
                 protocol_file: Mapping[str, str], split: Mapping[str, str],
                 pipeline: Sequence[dict | Callable] = (),
                 classes: str | Sequence[str] = 'intersection', outside: str = 'drop',
                 part: str = 'train', selection: str = 'last', first_frames: int | None = None,
                 repeat: str | dict[str, int] | None = None, test_mode: bool | None = None) -> None:
        given = dict(ann_file=ann_file, data_root=data_root, protocol_file=protocol_file,
                     split=split)
        for key, values in given.items():
            if list(values) != list(ann_file):
                raise ConfigError(f'JointDataset: {key} is of {", ".join(values)}, ann_file of '
                                  f'{", ".join(ann_file)}')
        read = {name: (read_annotations(file), str(data_root[name]))
                for name, file in ann_file.items()}
        check_distinct(read)
        wanted = joined_classes({name: file.classes for name, (file, _) in read.items()}, classes)
        hashes = [(name, file.hash) for name, (file, _) in read.items()]
        del read  # its rows; the datasets keep samples of their own
        datasets = {name: ExpressionDataset(
            ann_file[name], data_root[name], pipeline, protocol_file[name], split[name], part,
            selection, wanted, outside, name, first_frames, repeat, test_mode)
            for name in ann_file}
        facts = {name: dataset.metainfo for name, dataset in datasets.items()}
        super().__init__(list(datasets.values()),
                         ignore_keys=sorted({key for fact in facts.values() for key in fact}))
        self._metainfo = dict(
            corpus='+'.join(facts), corpora=tuple(facts), classes=wanted,
            annotation_hash=joint_hash(hashes), part=part, selection=selection,
            subject_disjoint=all(fact['subject_disjoint'] for fact in facts.values()),
            faceless=tuple(clip for fact in facts.values() for clip in fact['faceless']),
            coverage=joint_coverage([fact['coverage'] for fact in facts.values()]),
            left_out={name: fact['left_out'] for name, fact in facts.items()}, members=facts)

    def corpus_numbers(self) -> np.ndarray:
        """Which corpus each sample is of, (len,) int64 from 0 in their order."""
        return np.repeat(np.arange(len(self.datasets)), [len(one) for one in self.datasets])

    def clip_numbers(self) -> np.ndarray:
        """Which clip each sample is of, (len,) int64 from 0; equal for a clip's repeats."""
        numbers: list[np.ndarray] = []
        start = 0
        for dataset in self.datasets:
            own = dataset.clip_numbers()
            numbers.append(own + start)
            start += int(own.max()) + 1
        return np.concatenate(numbers)

    def get_cat_ids(self, idx: int) -> list[int]:
        """Classes of a sample, for class-balanced sampling."""
        member, index = self._get_ori_dataset_idx(idx)
        return self.datasets[member].get_cat_ids(index)
