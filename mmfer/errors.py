"""Errors that name what is wrong, where, and what to do next.

Everything that mmfer raises on bad input derives from :class:`MMFERError`, so a caller
can separate "the input is wrong" from a defect. Each also derives from the built-in
that fits, so code that knows nothing of mmfer still catches it.
"""


class MMFERError(Exception):
    """Base of all errors that mmfer raises on bad input or settings."""


class AnnotationError(MMFERError, ValueError):
    """An annotation file is malformed; the message names file, row and field."""


class ProtocolError(MMFERError, ValueError):
    """A protocol leaks, overlaps, or does not fit the annotation file."""


class CorpusError(MMFERError, ValueError):
    """A corpus on disk does not have the expected layout."""


class MediaError(MMFERError, ValueError):
    """A frame or a video is missing, truncated or unreadable; the message names it."""


class DetectorError(MMFERError, RuntimeError):
    """A face detector cannot be used: its package, its weights or its answers are missing."""


class AlignmentError(MMFERError, ValueError):
    """A face's box or landmarks are degenerate: there is nothing to cut out."""


class LedgerError(MMFERError, ValueError):
    """A ledger of faces is malformed, or was made with other settings."""


class StorageError(MMFERError, ValueError):
    """A pack of frames is damaged, unfinished or unsafe; the message names file and member."""


class CheckpointError(MMFERError, RuntimeError):
    """A checkpoint is unsafe, unreadable, or does not match the model."""


class ConfigError(MMFERError, ValueError):
    """A configuration is contradictory, or names something that does not exist."""


class PredictionError(MMFERError, ValueError):
    """A predictions file is malformed, stale, or does not fit another one."""


class MismatchError(ProtocolError, PredictionError):
    """Predictions of different protocols or annotation files were put together.

    A fault of the predictions as much as of the protocols, so it is caught as either.
    """
