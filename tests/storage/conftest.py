"""A small corpus with all that a pack may hold, as a folder, as tar shards and as LMDB."""
from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from mmfer.annotations import make_metainfo, read_annotations, write_annotations
from mmfer.storage.packing import pack, plan_packing

from ..datasets.conftest import frame_image, write_image

CLASSES = ['anger', 'fear', 'sadness']
SHARD_SIZE = 3000


def write_avi(path: Path, frames: list[np.ndarray]) -> None:
    """Writes RGB frames as MJPEG, which every build of OpenCV can."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'MJPG'), 25, (width, height))
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()


@pytest.fixture(scope='session')
def corpus(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Annotation file and frames: gaps, a name that is not ASCII, an image, a video."""
    folder = tmp_path_factory.mktemp('storage')
    root, rows = folder / 'faces', []
    for clip, (name, numbers) in enumerate([
            ('S1/a', [1, 2, 3, 4, 5, 6, 7]), ('S2/é 笑', [2, 3, 5, 9]), ('S3/c.v1', [1, 2])]):
        for number in numbers:
            write_image(root / name / f'f{number + 9}.png', frame_image(clip, number))
        row = dict(clip=name, frames=name, num_frames=len(numbers), start_index=10,
                   filename_tmpl='f{:d}.png', label=clip)
        if numbers[-1] != len(numbers):
            row['frame_numbers'] = numbers
        rows.append(row)
    write_image(root / 'still {1}.png', frame_image(3, 1))
    write_avi(root / 'vidéos' / 'v.avi', [frame_image(4, number, (64, 48)) for number in range(9)])
    (root / 'S1' / 'a' / 'notes.txt').write_text('not needed')
    rows += [
        dict(clip='still', frames='still {1}.png', num_frames=1, label=0),
        dict(clip='video', frames='vidéos/v.avi', num_frames=9, start_index=0, label=1),
        dict(clip='again', frames='S1/a', num_frames=4, start_index=10,
             filename_tmpl='f{:d}.png', label=2),
        dict(clip='faceless', frames='S4/none', num_frames=0, label=2)]
    ann_file = folder / 'annotations.json'
    write_annotations(ann_file, make_metainfo('tiny', CLASSES, rows), rows)
    return SimpleNamespace(folder=folder, root=root, ann_file=ann_file,
                           rows=read_annotations(ann_file).rows)


@pytest.fixture(scope='session')
def packs(corpus: SimpleNamespace) -> dict[str, Path]:
    """The corpus in each storage; not to be changed."""
    pytest.importorskip('lmdb')
    found = dict(folder=corpus.root)
    for kind in ('tar', 'lmdb'):
        found[kind] = corpus.folder / kind
        assert pack(plan_packing(corpus.rows, str(corpus.root), str(found[kind]), kind,
                                 SHARD_SIZE))
    return found


@pytest.fixture
def copy_of(packs: dict[str, Path], tmp_path: Path):
    """Gives a copy of a pack that may be damaged."""
    return lambda kind: Path(shutil.copytree(packs[kind], tmp_path / kind))
