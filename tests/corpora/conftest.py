import shutil
import struct
import zlib

import pytest


def _chunk(kind, data):
    body = kind + data
    return struct.pack('>I', len(data)) + body + struct.pack('>I', zlib.crc32(body))


PNG = (b'\x89PNG\r\n\x1a\n' + _chunk(b'IHDR', struct.pack('>IIBBBBB', 2, 2, 8, 0, 0, 0, 0))
       + _chunk(b'IDAT', zlib.compress(b'\0ab\0cd')) + _chunk(b'IEND', b''))


@pytest.fixture
def png():
    """The bytes of a grey 2 x 2 PNG."""
    return PNG


@pytest.fixture
def put():
    """Writes a file, by default a small PNG, and the folders above it."""
    def write(path, data=PNG):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    return write


COUNTS = {'afew': 14, 'bu4dfe': 10, 'cremad': 5, 'dfew': 35, 'enterface': 5, 'ferv39k': 35,
          'mmi': 10, 'ravdess': 5}
"""Small corpora that still make their protocols; of others the default."""


@pytest.fixture(scope='session')
def written(tmp_path_factory):
    """Writes a synthetic corpus, once for each setting; returns its root and its layout."""
    made = {}

    def write(name, count=None, max_frames=3, **options):
        from mmfer.synthetic.corpus import write_corpus
        from mmfer.synthetic.layouts import MAKERS
        count = count or COUNTS.get(name, MAKERS[name].count)
        key = (name, count, max_frames, *sorted(options.items()))
        if key not in made:
            layout = MAKERS[name].make(0, count, max_frames, **options)
            root = tmp_path_factory.mktemp(name) / 'corpus'
            write_corpus(root, name, layout, {}, size_px=16)
            made[key] = root, layout
        return made[key]

    return write


@pytest.fixture
def copied(written, tmp_path):
    """A copy of a synthetic corpus, to be broken."""

    def copy(name, **settings):
        root, layout = written(name, **settings)
        shutil.copytree(root, tmp_path / name)
        return tmp_path / name, layout

    return copy


@pytest.fixture
def told():
    """What a conversion reports of an entry."""

    def find(conversion, entry):
        return [problem for where, problem in conversion.report.problems if where == entry]

    return find
