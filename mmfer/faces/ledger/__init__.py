"""The ledger: what became of every face on every frame, in Parquet beside the crops.

A file has a row for each person on each frame, and for each frame without anybody one with id
0, sorted by clip, frame and id. Its columns:

    clip         str, the clip's id
    frame        int, 1-based number of the frame
    time_s       float, when it is shown, from the start of the video
    id           int, the person; 0 where nobody is on the frame
    shot         int, number of cuts before the frame
    box          4 float32: x0, y0, x1, y1 in pixels of the upright frame; null where id is 0
    landmarks    2 L float32: x, y of each landmark; null where there are none
    score        float32, the detector's; null where id is 0
    status       str, a :data:`mmfer.faces.structures.Status`
    crop         bool, whether a crop was written

In the schema's metadata, under ``mmfer``, lies a JSON object: ``version`` of the format,
``settings`` that decide the content, ``settings_hash`` (SHA-256 of their canonical JSON),
``scheme`` of the landmarks, and whatever else its writer adds.
"""
from mmfer.faces.ledger.merging import merge_ledgers
from mmfer.faces.ledger.people import clip_statuses, coverage, face_status, main_people
from mmfer.faces.ledger.reading import Ledger, iter_clips, read_ledger, read_ledger_metadata
from mmfer.faces.ledger.rows import LedgerRow, ledger_metadata
from mmfer.faces.ledger.writing import write_ledger

__all__ = ['Ledger', 'LedgerRow', 'clip_statuses', 'coverage', 'face_status', 'iter_clips',
           'ledger_metadata', 'main_people', 'merge_ledgers', 'read_ledger',
           'read_ledger_metadata', 'write_ledger']
