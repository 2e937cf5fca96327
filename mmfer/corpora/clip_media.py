"""What a clip's path names: a folder of frames, a video, or one image."""
from __future__ import annotations

from pathlib import Path, PurePosixPath

from mmfer.annotations import IMAGE_SUFFIXES, VIDEO_SUFFIXES, Row, resolve_inside
from mmfer.corpora.media import count_video_frames, image_problem
from mmfer.corpora.report import Report
from mmfer.corpora.traversal import read_frame_folder
from mmfer.errors import CorpusError, MediaError


def find_media(root: Path, name: str, report: Report, verify: bool = True,
               start_index: int | None = None, open_videos: bool = True,
               gaps: bool = True) -> Row:
    """The fields ``clip``, ``frames``, ``num_frames`` ... of the clip ``root``/``name``.

    Args:
        root: Folder of all media.
        name: Path below it, with "/" or, as Windows writes, with backslashes; a video's or
            image's suffix may be left out.
        report: Grows by what is odd about the frames of a folder.
        verify: Whether to look into each image for truncation.
        start_index: Number in the file name of frame 1 of a folder; the lowest by default.
        open_videos: Whether to count a video's frames; otherwise it counts as one frame, and
            only a file without content is refused.
        gaps: Whether numbers that are missing between the frames of a folder are odd.

    Raises:
        AnnotationError: for a path that leaves the root.
        CorpusError: where there is no such medium, or more than one, or it has no usable
            frame.
    """
    name = name.replace('\\', '/')
    resolve_inside(root, name)
    clip = str(PurePosixPath(name))
    if (root / clip).is_dir():
        folder = read_frame_folder(root, clip, report, verify, start_index, gaps)
        return {'clip': clip, 'frames': clip, **folder.fields()}
    relative = clip if (root / clip).is_file() else _with_suffix(root, clip)
    path = resolve_inside(root, relative)
    suffix = path.suffix.lower()
    if suffix in VIDEO_SUFFIXES:
        if not path.stat().st_size:
            raise CorpusError(f'{relative}: empty file')
        try:
            count = count_video_frames(path) if open_videos else 1
        except MediaError as error:
            raise CorpusError(str(error)) from error
        return {'clip': clip, 'frames': relative, 'num_frames': count, 'start_index': 0}
    if suffix not in IMAGE_SUFFIXES:
        raise CorpusError(f'{relative!r} is neither a folder, nor a video '
                          f'({", ".join(VIDEO_SUFFIXES)}), nor an image')
    problem = image_problem(path) if verify else ''
    if problem:
        raise CorpusError(f'{relative}: {problem}')
    return {'clip': clip, 'frames': relative, 'num_frames': 1}


def _with_suffix(root: Path, clip: str) -> str:
    """``clip`` with the suffix of the one video or image of that name."""
    fitting = []
    for suffix in (*VIDEO_SUFFIXES, *IMAGE_SUFFIXES):
        # not both: a file system may not tell them apart
        for variant in (suffix, suffix.upper()):
            if (root / (clip + variant)).is_file():
                fitting.append(clip + variant)
                break
    if len(fitting) != 1:
        found = f'{len(fitting)} files ({", ".join(fitting)})' if fitting else 'nothing'
        raise CorpusError(f'{clip!r} names {found} in {root}; it must name one folder, video or '
                          'image')
    return fitting[0]
