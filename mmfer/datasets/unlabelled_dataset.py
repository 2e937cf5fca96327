"""Clips without labels as samples: what a model is to answer, and nobody can score here."""
from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from mmfer.annotation_table import RowTable
from mmfer.annotations import Annotations, Row, make_metainfo
from mmfer.datasets.expression_dataset import ExpressionDataset
from mmfer.faces.status_runs import frames_of, parse_runs
from mmfer.registry import DATASETS

__all__ = ['UnlabelledDataset']

_LABELS = ('label', 'label_distribution', 'frame_labels', 'apex')


@DATASETS.register_module()
class UnlabelledDataset(ExpressionDataset):
    """Rows of clips as :class:`ExpressionDataset` gives them, with every frame labelled -1.

    Labels that the rows have are not looked at. Clips without a frame become no samples, and
    are listed in ``metainfo['faceless']``.

    Args:
        rows: As an annotation file holds them; at least one has a frame.
        classes: Class names of the model.
        data_root: Folder that their paths are relative to; nothing outside is read.
        pipeline: Transforms.
        repeat: See :class:`ExpressionDataset`.

    Raises:
        AnnotationError: A path leaves the root, or no row has a frame.
    """

    def __init__(self, rows: Sequence[Row], classes: Sequence[str], data_root: str,
                 pipeline: Sequence[dict | Callable] = (),
                 repeat: str | dict[str, int] | None = None) -> None:
        self._given = [_unlabelled(row) for row in rows]
        super().__init__('', data_root, pipeline, part='test', classes=classes, repeat=repeat)

    def _annotations(self) -> Annotations:
        rows = sorted(self._given, key=lambda row: row['clip'])
        return Annotations(make_metainfo('unlabelled', self.classes or (), rows), rows,
                           Path('<rows>'))

    def _rows(self, annotations: Annotations) -> RowTable:
        self._metainfo.update(dict.fromkeys(
            ('protocol_hash', 'protocol_name', 'split', 'selection', 'subject_disjoint')))
        return annotations.table


def _unlabelled(row: Row) -> Row:
    numbers = row.get('frame_numbers')
    last = row['num_frames'] if numbers is None else max(numbers, default=0)
    if 'face_status' in row:
        last = frames_of(parse_runs(row['face_status']))
    kept = {field: value for field, value in row.items() if field not in _LABELS}
    return {**kept, 'frame_labels': [-1] * last}
