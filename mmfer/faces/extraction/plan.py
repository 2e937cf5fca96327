"""Which clips a command's inputs are, and what each is called.

A file is a clip. A folder is walked, sorted, and its videos are clips. A folder that directly
holds images, and neither videos nor clips further down, is one clip of frames. Links are
followed, each folder once. Hidden entries and other outputs of extraction are left alone.
"""
from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from mmfer.annotations import (
    IMAGE_SUFFIXES,
    VIDEO_SUFFIXES,
    media_kind,
    read_annotations,
    resolve_inside,
)
from mmfer.errors import AnnotationError, ConfigError, MediaError
from mmfer.faces.extraction.layout import SETTINGS
from mmfer.faces.extraction.names import check_names, is_text

Kind = Literal['video', 'folder', 'image']


@dataclass(frozen=True)
class Clip:
    """One clip to extract faces from.

    Attributes:
        name: Its id: the path below the input folder without the suffix, with "/".
        path: The video, the folder of frames, or the image.
        kind: Which of these it is.
        size: Bytes of its media, by which work is shared out and time reckoned.
    """

    name: str
    path: str
    kind: Kind
    size: int


@dataclass
class Plan:
    """What a command's inputs hold.

    Attributes:
        clips: Sorted by name.
        skipped: Paths of what is no clip, and why; each once.
    """

    clips: list[Clip] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def find_clips(inputs: Sequence[str], out: Path, root: str | None = None) -> Plan:
    """The clips of a command's inputs.

    Args:
        inputs: Files, folders and annotation files.
        out: The output folder, which is never walked.
        root: Folder that the paths of annotation files are relative to.

    Raises:
        AnnotationError: An annotation file is malformed, or leads out of the root.
        ConfigError: Two inputs have the same clip id, or one's crops would lie among
            another's; the message names both.
        MediaError: An input does not exist, or cannot be listed.
    """
    plan = Plan()
    for name in inputs:
        path = Path(name)
        if not path.exists():
            raise MediaError(f'{name} does not exist; name a video, a folder or an annotation file')
        if path.is_dir():
            plan.clips += _Walk(out, plan.skipped).input(path)
        elif path.suffix.lower() == '.json':
            plan.clips += _annotated(path, root, plan.skipped)
        else:
            plan.clips.append(_file(os.path.splitext(path.name)[0], path))
    plan.clips = sorted(set(plan.clips), key=lambda clip: (clip.name, clip.path))
    check_names(plan.clips)
    return plan


def shard_of(clips: Iterable[Clip], index: int, count: int) -> list[Clip]:
    """The clips of one shard of an array of jobs; each clip is in exactly one.

    The largest first, each clip goes to the shard with the fewest bytes so far, so shards
    differ by at most one clip. The same clips are divided in the same way everywhere.

    Args:
        clips: All clips.
        index: From 1.
        count: Number of shards.
    """
    loads, chosen = [0] * count, []
    for clip in sorted(clips, key=lambda clip: (-clip.size, clip.name)):
        shard = min(range(count), key=lambda number: (loads[number], number))
        loads[shard] += max(clip.size, 1)
        if shard == index - 1:
            chosen.append(clip)
    return sorted(chosen, key=lambda clip: clip.name)


class _Walk:
    """Walks one input folder.

    Args:
        out: The output folder.
        skipped: Grows by what is no clip.
    """

    def __init__(self, out: Path, skipped: dict[str, str]) -> None:
        self._seen = {os.path.realpath(out)}
        self._skipped = skipped

    def input(self, folder: Path) -> list[Clip]:
        """The clips of the input folder."""
        clips = self._folder(str(folder), '')
        if len(clips) == 1 and not clips[0].name:  # the folder itself is a clip
            name = os.path.basename(os.path.abspath(folder))
            if not name:
                raise ConfigError(f'{folder}: frames that lie there have no name; move them into '
                                  'a folder')
            return [Clip(name, clips[0].path, 'folder', clips[0].size)]
        return clips

    def _folder(self, folder: str, prefix: str) -> list[Clip]:
        real = os.path.realpath(folder)
        if real in self._seen:
            self._skipped[folder] = 'the output folder, or a folder that was walked already'
            return []
        self._seen.add(real)
        if prefix and os.path.isfile(os.path.join(folder, SETTINGS)):
            self._skipped[folder] = 'the output of an extraction'
            return []
        clips, images = [], []
        for name, path in self._entries(folder):
            suffix = os.path.splitext(name)[1].lower()
            if os.path.isdir(path):
                clips += self._folder(path, f'{prefix}{name}/')
            elif not os.path.isfile(path):
                self._skipped[path] = 'a link to nothing' if os.path.islink(path) else 'no file'
            elif suffix in VIDEO_SUFFIXES:
                clips.append(Clip(prefix + os.path.splitext(name)[0], path, 'video',
                                  os.path.getsize(path)))
            elif suffix in IMAGE_SUFFIXES:
                images.append(path)
            else:
                self._skipped[path] = 'neither a video nor an image'
        if images and not clips:
            return [Clip(prefix.rstrip('/'), folder, 'folder', sum(map(os.path.getsize, images)))]
        self._skipped.update((path, 'an image beside videos or folders of frames')
                             for path in images)
        return clips

    def _entries(self, folder: str) -> Iterator[tuple[str, str]]:
        try:
            names = sorted(os.listdir(folder))
        except OSError as error:
            raise _unlisted(folder, error) from error
        for name in names:
            path = os.path.join(folder, name)
            if name.startswith('.'):
                continue
            if not is_text(name):
                self._skipped[os.fsencode(path).decode(errors='replace')] = (
                    'its name is not UTF-8, or has control characters; rename it')
            else:
                yield name, path


def _annotated(path: Path, root: str | None, skipped: dict[str, str]) -> Iterator[Clip]:
    """The media of an annotation file, each once."""
    if root is None:
        raise ConfigError(f'{path} needs --root, the folder that its paths are relative to')
    for relative, kind in sorted({(row['frames'], media_kind(row))
                                  for row in read_annotations(path).rows}):
        try:
            found = resolve_inside(root, relative)
        except AnnotationError as error:
            raise AnnotationError(f'{path}: {error}') from error
        # without ".", "//"; the root itself has its own name, for "." is the folder of all crops
        name = str(PurePosixPath(relative))
        name = found.name if name == '.' else name
        if not found.exists():
            skipped[str(found)] = f'does not exist; {path} names it'
        elif found.is_dir():
            yield Clip(name, str(found), 'folder', _images_size(found))
        else:
            yield _file(name if kind == 'folder' else os.path.splitext(name)[0], found)


def _images_size(folder: Path) -> int:
    try:
        with os.scandir(folder) as entries:
            return sum(entry.stat().st_size for entry in entries
                       if os.path.splitext(entry.name)[1].lower() in IMAGE_SUFFIXES
                       and entry.is_file())
    except OSError as error:
        raise _unlisted(str(folder), error) from error


def _unlisted(folder: str, error: OSError) -> MediaError:
    return MediaError(f'{folder}: cannot be listed: {error.strerror}; give yourself the right to '
                      'read it, or name its neighbours')


def _file(name: str, path: Path) -> Clip:
    kind: Kind = 'image' if path.suffix.lower() in IMAGE_SUFFIXES else 'video'
    if not is_text(name):
        raise ConfigError(f'{path!s:.200}: its name is not UTF-8, or has control characters; '
                          'rename it')
    return Clip(name, str(path), kind, path.stat().st_size)
