import pytest

from mmfer.annotations import make_metainfo
from mmfer.corpora import Conversion, Report

CLASSES = ['anger', 'fear', 'happiness']


@pytest.fixture
def conversion():
    """A conversion of one clip, with counts and a report as asked for."""

    def make(found=None, known=None, problems=(), rows=()):
        rows = list(rows) or [{'clip': 'a', 'frames': 'a', 'num_frames': 2, 'label': 0}]
        return Conversion(make_metainfo('x', CLASSES, rows), rows,
                          Report(problems=list(problems)), found or {}, known or {})

    return make
