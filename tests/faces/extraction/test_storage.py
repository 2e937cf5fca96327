from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mmfer.errors import StorageError
from mmfer.faces.extraction.storage import telling_full


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_a_disk_that_takes_nothing_is_told(number):
    with pytest.raises(StorageError, match='^out cannot be written .*run the same command'):
        with telling_full(Path('out')):
            raise OSError(number, 'reason')


def test_a_real_full_device_is_told():
    with pytest.raises(StorageError, match='No space left on device'), telling_full(Path('out')):
        with open('/dev/full', 'wb', buffering=0) as file:
            file.write(b'x')


@pytest.mark.parametrize('error', [PermissionError(errno.EACCES, 'no'), ValueError('x')])
def test_other_errors_pass(error):
    with pytest.raises(type(error)) as told, telling_full(Path('out')):
        raise error
    assert told.value is error
