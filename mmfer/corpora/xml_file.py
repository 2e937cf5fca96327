"""Reading the small XML files in which corpora describe their recordings."""
from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from mmfer.annotations import resolve_inside
from mmfer.errors import CorpusError

MAX_BYTES = 1 << 20


def read_xml(root: Path, relative: str) -> ElementTree.Element:
    """The root element of the file ``root``/``relative``.

    Files that declare a document type are refused, because entities of their own could grow
    without bound or name other files; the descriptions of corpora have none.

    Raises:
        AnnotationError: the path leaves the root.
        CorpusError: the file cannot be read, is no XML, is too large or declares a type.
    """
    path = resolve_inside(root, relative)
    try:
        with open(path, 'rb') as f:
            data = f.read(MAX_BYTES + 1)
    except OSError as error:
        raise CorpusError(f'cannot be read ({error.strerror})') from error
    if len(data) > MAX_BYTES:
        raise CorpusError(f'larger than {MAX_BYTES} bytes, so it is no description of a recording')
    plain = data.replace(b'\0', b'').upper()  # of UTF-16 every other byte is 0
    if b'<!DOCTYPE' in plain or b'<!ENTITY' in plain:
        raise CorpusError('declares a document type, which is refused; remove the declaration')
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        raise CorpusError(f'not XML ({error})') from error
