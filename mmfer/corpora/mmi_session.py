"""Reading one session of MMI: a video, and the XML files that describe it."""
from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from mmfer.corpora.source import Source, clip_stem, is_video
from mmfer.corpora.traversal import list_folder
from mmfer.corpora.xml_file import read_xml
from mmfer.errors import CorpusError

SESSION = 'session.xml'
ACTION_UNITS = '-oao_aucs.xml'
NAMED_SUBJECT = re.compile(r'(S[0-9]{3})-[0-9]{3}', re.IGNORECASE)


@dataclass(frozen=True)
class Recording:
    """What the files of a session say.

    Attributes:
        media: Name of the video, or of the folder of its frames.
        emotion: Value of the tag "Emotion", a whole number, or ''.
        view: Code of the camera's view, or ''.
        subject: Who is seen.
        coded: Whether its AUs are coded.
    """

    media: str
    emotion: str
    view: str
    subject: str
    coded: bool


def read_session(source: Source, relative: str) -> Recording:
    """What the files of a session say.

    Args:
        source: Where the corpus lies.
        relative: Path of the session's folder below its root.

    Raises:
        AnnotationError: a path leaves the root.
        CorpusError: a file is missing or cannot be read.
    """
    folders, files = list_folder(source.root / relative, source.report)
    media = sorted({*folders, *(name for name in files if is_video(name)
                                and os.path.splitext(name)[0] not in folders)})
    if len(media) != 1:
        raise CorpusError(f'{len(media)} videos in the session ({", ".join(media) or "none"})')
    stem = clip_stem(media[0])
    known = {name.lower(): name for name in files}
    for needed in (SESSION, f'{stem.lower()}.xml'):
        if needed not in known:
            raise CorpusError(f'no {needed} in the session')
    session = read_xml(source.root, f'{relative}/{known[SESSION]}')
    tags = read_xml(source.root, f'{relative}/{known[f"{stem.lower()}.xml"]}')
    emotion = next((_attribute(tag, 'value') for tag in _elements(tags, 'metatag')
                    if _attribute(tag, 'name') == 'Emotion'), '')
    if emotion and not emotion.lstrip('-').isdecimal():
        raise CorpusError(f'the value {emotion!r} of its emotion is no number')
    view = next((_attribute(track, 'view') for track in _elements(session, 'track')), '')
    return Recording(media[0], emotion, view, _subject(session, stem),
                     f'{stem.lower()}{ACTION_UNITS}' in known)


def _subject(session: ElementTree.Element, stem: str) -> str:
    """Who is seen: what the session's file says, else what the video is called after."""
    for element in _elements(session, 'subject'):
        if _attribute(element, 'id'):
            return _attribute(element, 'id')
    match = NAMED_SUBJECT.fullmatch(stem)
    if match is None:
        raise CorpusError(f'neither <subject id=...> in {SESSION} nor the name {stem!r} says who '
                          'is seen, so it fits into no fold')
    return match[1].upper()


def _elements(root: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    """Elements of a name, in any case and with or without a namespace."""
    return (element for element in root.iter()
            if isinstance(element.tag, str) and element.tag.rpartition('}')[2].lower() == name)


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((value.strip() for key, value in element.attrib.items() if key.lower() == name),
                '')
