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
