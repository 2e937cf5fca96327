"""What rows say of the faces in their videos, as datasets need it."""
from __future__ import annotations

import numpy as np

from mmfer.annotation_table import Row, RowTable
from mmfer.faces.status_runs import cut_runs, parse_runs, seen_share

__all__ = ['first_of', 'mean_coverage']


def first_of(row: Row, count: int | None) -> Row:
    """A row cut to its first ``count`` frames present, and what is said of the video to them."""
    if count is None or count >= row['num_frames']:
        return row
    cut, last = {**row, 'num_frames': count}, count
    if 'frame_numbers' in row:
        cut['frame_numbers'] = row['frame_numbers'][:count]
        last = int(cut['frame_numbers'][-1])
    if 'frame_labels' in row:
        cut['frame_labels'] = row['frame_labels'][:last]
    if 'face_status' in row:
        cut['face_status'] = cut_runs(row['face_status'], last)
    return cut


def mean_coverage(rows: RowTable) -> dict[str, float] | None:
    """Mean share of a video's frames on which the face was seen, and of how many clips."""
    texts = rows.column('face_status').drop_null().to_pylist()
    shares = [seen_share(parse_runs(text)) for text in texts]
    return {'mean': float(np.mean(shares)), 'clips': len(shares)} if shares else None
