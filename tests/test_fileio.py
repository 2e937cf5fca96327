"""Files appear whole or not at all."""
import errno
import stat

import pytest

from mmfer.fileio import atomic_write, is_full


def test_replaces_on_success(tmp_path):
    target = tmp_path / 'new' / 'ä.txt'
    for text in ('first', 'second'):
        with atomic_write(target) as temporary:
            temporary.write_text(text)
            assert not target.exists() or target.read_text() != text
        assert target.read_text() == text
    assert [p.name for p in target.parent.iterdir()] == ['ä.txt']
    assert stat.S_IMODE(target.stat().st_mode) & stat.S_IRUSR


def test_keeps_the_old_file_on_failure(tmp_path):
    target = tmp_path / 'a.txt'
    target.write_text('old')
    with pytest.raises(RuntimeError), atomic_write(target) as temporary:
        temporary.write_text('half')
        raise RuntimeError
    assert target.read_text() == 'old'
    assert list(tmp_path.iterdir()) == [target]


def test_waits_for_the_disk_only_where_asked(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr('os.fsync', synced.append)
    for durable in (False, True):
        with atomic_write(tmp_path / 'a.txt', durable=durable) as temporary:
            temporary.write_text(str(durable))
        assert (tmp_path / 'a.txt').read_text() == str(durable)
        assert len(synced) == durable


@pytest.mark.parametrize(('number', 'expected'), [
    (errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, True), (errno.EACCES, False),
    (errno.ENOENT, False), (None, False)])
def test_which_errors_would_meet_every_file(number, expected):
    assert is_full(OSError(number, 'reason')) is expected
