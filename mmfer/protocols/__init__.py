"""Protocol files: which clips train, select and test.

``schema`` reads, checks and writes them, with the checks of ``leaks``; ``makers`` derives them
from an annotation file, ``published`` from divisions that a corpus comes with.
"""
from mmfer.protocols.makers import (
    consecutive_kfold,
    leave_one_subject_out,
    random_splits,
    step_kfold,
    subject_kfold,
)
from mmfer.protocols.published import (
    Division,
    column_folds,
    column_split,
    left_out,
    published_splits,
)
from mmfer.protocols.schema import (
    GIVEN,
    PARTS,
    SELECTIONS,
    Protocol,
    Split,
    part_clips,
    protocol_hash,
    read_protocol,
    write_protocol,
)

__all__ = [
    'GIVEN', 'PARTS', 'SELECTIONS', 'Division', 'Protocol', 'Split', 'column_folds',
    'column_split', 'consecutive_kfold', 'leave_one_subject_out', 'left_out', 'part_clips',
    'protocol_hash', 'published_splits', 'random_splits', 'read_protocol', 'step_kfold',
    'subject_kfold', 'write_protocol'
]
