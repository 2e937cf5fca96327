"""Protocol files: which clips train, select and test.

``schema`` reads, checks and writes them; ``makers`` derives them from an annotation file.
"""
from mmfer.protocols.makers import (
    column_folds,
    column_split,
    random_splits,
    step_kfold,
    subject_kfold,
)
from mmfer.protocols.published import Division
from mmfer.protocols.schema import (
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
    'PARTS', 'SELECTIONS', 'Division', 'Protocol', 'Split', 'column_folds', 'column_split',
    'part_clips', 'protocol_hash', 'random_splits', 'read_protocol', 'step_kfold',
    'subject_kfold', 'write_protocol'
]
