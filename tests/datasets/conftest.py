"""A tiny corpus on disk: folders with gaps, a single image, a video, an unlabelled clip."""
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.protocols import Protocol, Split, write_protocol

CLASSES = ['anger', 'fear', 'sadness']


def frame_image(clip: int, number: int, size: tuple[int, int] = (40, 36)) -> np.ndarray:
    """(H, W, 3) uint8 RGB whose colour tells clip and frame number."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0], image[..., 1] = 20 * clip, 5 * number
    image[:, :width // 2, 2] = 200  # left half: flips are seen
    return image


def write_image(path: Path, image: np.ndarray) -> None:
    """Writes RGB losslessly, also under names that are not ASCII."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, image[..., ::-1])[1].tobytes())


def write_video(path: Path, frames: list[np.ndarray]) -> None:
    """Writes RGB frames as a video that loses nothing."""
    av = pytest.importorskip('av')
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264rgb', rate=25, options={'crf': '0', 'g': '8'})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = 'rgb24'
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))
        container.mux(stream.encode())


@pytest.fixture
def corpus(tmp_path: Path) -> SimpleNamespace:
    """Annotation file, protocol file and frames of five clips, four of them labelled."""
    root = tmp_path / 'faces'
    rows = []
    for clip, (name, numbers) in enumerate([
            ('S1/a', [1, 2, 3, 4, 5, 6, 7]), ('S2/é b', [2, 3, 5, 9]), ('S3/c', [1, 2])]):
        for number in reversed(numbers):  # any order on disk
            write_image(root / name / f'f{number + 9}.png', frame_image(clip, number))
        row = dict(clip=name, frames=name, num_frames=len(numbers), start_index=10,
                   filename_tmpl='f{:d}.png', subject=name[:2], label=clip)
        if numbers[-1] != len(numbers):
            row['frame_numbers'] = numbers
        rows.append(row)
    rows[0]['apex'] = [5, 7]
    write_image(root / 'still {1}.png', frame_image(3, 1))
    rows.append(dict(clip='still', frames='still {1}.png', num_frames=1, label=0, subject='S4'))
    rows.append(dict(clip='unlabelled', frames='S1/a', num_frames=7, subject='S1',
                     start_index=10, filename_tmpl='f{:d}.png'))
    ann_file = tmp_path / 'annotations.json'
    write_annotations(ann_file, make_metainfo('tiny', CLASSES, rows), rows)
    split = Split('fold1', train=('S1/a',), selection=('S2/é b',), test=('S3/c', 'still'))
    protocol_file = tmp_path / 'protocol.json'
    write_protocol(protocol_file, Protocol(
        'tiny-1', read_annotations(ann_file).hash, True, 0, (split,)))
    return SimpleNamespace(
        root=root, ann_file=str(ann_file), protocol_file=str(protocol_file), rows=rows,
        args=dict(ann_file=str(ann_file), data_root=str(root)),
        fold=dict(ann_file=str(ann_file), data_root=str(root),
                  protocol_file=str(protocol_file), split='fold1'))
