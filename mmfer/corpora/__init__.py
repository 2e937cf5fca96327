"""Corpora on disk -> annotation rows: one module per layout, one shared traversal."""
from mmfer.corpora import afew, ckplus, generic
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.report import Conversion, Report
from mmfer.corpora.source import Source

__all__ = ['CORPORA', 'Conversion', 'Corpus', 'Option', 'Report', 'Source']

CORPORA: dict[str, Corpus] = {
    module.CORPUS.name: module.CORPUS for module in (
        afew,
        ckplus,
        generic,
    )
}
"""Every corpus that can be prepared, by name."""
