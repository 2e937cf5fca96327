"""Collecting the rows of a corpus whose clips are found by walking its folders."""
from __future__ import annotations

from typing import Any

from mmfer.annotations import Row
from mmfer.corpora.source import Media, Source


class Clips:
    """Rows of one folder of media, each clip once.

    Args:
        source: Where the corpus lies.
        media: Its media.

    Attributes:
        rows: The rows so far.
    """

    def __init__(self, source: Source, media: Media) -> None:
        self.source, self.media = source, media
        self.rows: list[Row] = []
        self._entries: dict[str, str] = {}

    def add(self, clip: str, name: str, **fields: Any) -> None:
        """Reads one clip; an unusable one, or one that is there already, is reported.

        Args:
            clip: Its id.
            name: Path of its media, as :meth:`Media.clip` takes it.
            **fields: The row's other fields.
        """
        earlier = self._entries.setdefault(clip, name)
        if earlier != name:
            self.source.report.add(self.media.prefix + name, f'is clip {clip!r}, as {earlier} is '
                                                             'already; left out')
            return
        found = self.media.clip(name)
        if found is not None:
            self.rows.append({'clip': clip, **found, **fields})
