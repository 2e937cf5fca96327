"""Small videos with faces that a quick detector finds, and pipelines for them."""
from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from mmfer.faces.extraction.layout import Layout
from mmfer.faces.extraction.plan import Clip
from mmfer.faces.pipeline import FacePipeline
from mmfer.faces.settings import FaceSettings
from mmfer.testing.marked_faces import draw_frame, moving_faces, write_video

RATE_HZ = 5


def make_settings(detector=None, **options) -> FaceSettings:
    return FaceSettings.from_dict({
        'detector': {'type': 'marked', **(detector or {})}, 'geometry': {'size_px': 32},
        **options})


def make_pipeline(detector=None, **options) -> FacePipeline:
    return FacePipeline(make_settings(detector, **options))


def clip_of(path: Path, name: str | None = None) -> Clip:
    kind = 'folder' if path.is_dir() else 'video'
    return Clip(path.stem if name is None else name, str(path), kind, path.stat().st_size)


def write_frames(folder: Path, frames, first: int = 1) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames, first):
        cv2.imwrite(str(folder / f'{number:03d}.png'), frame[..., ::-1])
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob('*')) if path.is_file()}


def seen_frames(log: Path) -> list[int]:
    """Numbers of the frames that a detector with this log was shown."""
    if not log.exists():
        return []
    return [int(line.split('\t')[1]) for line in log.read_text().splitlines()]


@pytest.fixture
def layout(tmp_path) -> Layout:
    return Layout(tmp_path / 'out')


@pytest.fixture(scope='session')
def eventful_video(tmp_path_factory) -> Path:
    """150 frames, 30 s: two people, one of whom goes and comes back, a gap, a cut, nobody."""
    frames = moving_faces(60, 2)
    for number in (20, 21, 22):
        frames[number] = draw_frame([])  # a gap that is bridged
    for number in range(35, 45):  # the second person is away
        frames[number][:, 64:] = frames[22][:, 64:]
    white = [cv2.rotate(255 - frame, cv2.ROTATE_180) for frame in moving_faces(20)]
    frames += white + moving_faces(40, 1, seed=5) + [draw_frame([])] * 30
    path = tmp_path_factory.mktemp('eventful') / 'eventful.mp4'
    return write_video(path, frames, RATE_HZ)
