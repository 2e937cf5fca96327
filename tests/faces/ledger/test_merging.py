import errno
import hashlib

import pytest

from mmfer.errors import LedgerError
from mmfer.faces.ledger import (
    ledger_metadata,
    merge_ledgers,
    merging,
    read_ledger,
    read_ledger_metadata,
    write_ledger,
    writing,
)

from .conftest import METADATA, SETTINGS, row, same


def write_parts(folder, count, **metadata):
    parts, rows = [], []
    for clip in range(count):
        own = [row(f'{clip:03d}', frame) for frame in range(1, 2 + clip % 5)]
        parts.append(folder / f'{97 * clip % count:03d}.parquet')  # names in another order
        write_ledger(parts[-1], own, {**METADATA, 'clip': f'{clip:03d}', **metadata})
        rows += own
    return parts, rows


def test_the_same_whatever_the_order(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, '_GROUP', 32)
    parts, rows = write_parts(tmp_path / 'parts', 40)
    write_ledger(tmp_path / 'parts' / 'none.parquet', [], METADATA)
    digests = set()
    for order in (parts, parts[::-1], [*sorted(parts), tmp_path / 'parts' / 'none.parquet']):
        merge_ledgers(order, tmp_path / 'all.parquet', clips=40)
        digests.add(hashlib.sha256((tmp_path / 'all.parquet').read_bytes()).hexdigest())
    assert len(digests) == 1
    assert read_ledger_metadata(tmp_path / 'all.parquet') == {**METADATA, 'clips': 40}
    found = read_ledger(tmp_path / 'all.parquet').rows()
    assert all(same(one, other) for one, other in zip(found, rows, strict=True))
    # the bytes are those of all rows written at once
    write_ledger(tmp_path / 'once.parquet', rows, {**METADATA, 'clips': 40})
    assert (tmp_path / 'once.parquet').read_bytes() == (tmp_path / 'all.parquet').read_bytes()


def test_one_file_is_open_at_a_time(tmp_path, monkeypatch):
    parts, _ = write_parts(tmp_path, 30)
    open_now, most = [], []
    original = merging.open_ledger

    def counted(path):
        context = original(path)

        class Counted:
            def __enter__(self):
                open_now.append(path)
                most.append(len(open_now))
                return context.__enter__()

            def __exit__(self, *error):
                open_now.remove(path)
                return context.__exit__(*error)
        return Counted()

    monkeypatch.setattr(merging, 'open_ledger', counted)
    merge_ledgers(parts, tmp_path / 'all.parquet')
    assert max(most) == 1


def test_what_does_not_belong_together_is_refused(tmp_path):
    parts, _ = write_parts(tmp_path, 3)
    target = tmp_path / 'all.parquet'
    with pytest.raises(LedgerError, match='no ledger to write it from'):
        merge_ledgers([], target)
    other = ledger_metadata({**SETTINGS, 'geometry': {'size_px': 112}}, 'corners5')
    write_ledger(tmp_path / 'z.parquet', [row('z')], other)
    with pytest.raises(LedgerError, match='z.parquet was made with other .*settings_hash'):
        merge_ledgers([*parts, tmp_path / 'z.parquet'], target)
    write_ledger(tmp_path / 'z.parquet', [row('z', landmarks=None)],
                 ledger_metadata(SETTINGS, None))
    with pytest.raises(LedgerError, match='z.parquet was made .*scheme None'):
        merge_ledgers([*parts, tmp_path / 'z.parquet'], target)
    write_ledger(tmp_path / 'z.parquet', [row('001')], METADATA)
    with pytest.raises(LedgerError, match="clip '001', frame 1, id 1 does not come after"):
        merge_ledgers([*parts, tmp_path / 'z.parquet'], target)
    (tmp_path / 'z.parquet').write_bytes(b'PAR1')
    with pytest.raises(LedgerError, match='z.parquet: damaged'):
        merge_ledgers([*parts, tmp_path / 'z.parquet'], target)
    assert not target.exists()


def test_what_fails_while_a_ledger_is_open_is_not_its_fault(tmp_path, monkeypatch):
    parts, _ = write_parts(tmp_path, 3)

    def fail(*_):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(writing.LedgerWriter, 'write', fail)
    with pytest.raises(OSError, match='No space left') as told:
        merge_ledgers(parts, tmp_path / 'all.parquet')
    assert told.value.errno == errno.ENOSPC and not (tmp_path / 'all.parquet').exists()
