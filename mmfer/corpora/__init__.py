"""Corpora on disk -> annotation rows: one module per layout, one shared traversal."""
from mmfer.corpora import (
    afew,
    affectnet,
    affwild2,
    bu4dfe,
    ckplus,
    cremad,
    dfew,
    enterface,
    ferplus,
    ferv39k,
    generic,
    mafw,
    mmi,
    rafdb,
    ravdess,
)
from mmfer.corpora.corpus import Corpus, Option
from mmfer.corpora.report import Conversion, Report
from mmfer.corpora.source import Source

__all__ = ['CORPORA', 'Conversion', 'Corpus', 'Option', 'Report', 'Source']

CORPORA: dict[str, Corpus] = {
    module.CORPUS.name: module.CORPUS for module in (
        affectnet,
        affwild2,
        afew,
        bu4dfe,
        ckplus,
        cremad,
        dfew,
        enterface,
        ferplus,
        ferv39k,
        generic,
        mafw,
        mmi,
        rafdb,
        ravdess,
    )
}
"""Every corpus that can be prepared, by name."""
