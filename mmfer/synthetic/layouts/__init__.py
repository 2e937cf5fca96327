"""The layouts on disk of real corpora, filled with synthetic faces: one module per corpus."""
from mmfer.synthetic.layouts import (
    afew,
    affectnet,
    affwild2,
    bu4dfe,
    cremad,
    dfew,
    enterface,
    ferplus,
    ferv39k,
    mafw,
    mmi,
    rafdb,
    ravdess,
)
from mmfer.synthetic.layouts.layout import Maker

__all__ = ['MAKERS', 'Maker']

MAKERS: dict[str, Maker] = {
    module.MAKER.name: module.MAKER for module in (
        affectnet,
        affwild2,
        afew,
        bu4dfe,
        cremad,
        dfew,
        enterface,
        ferplus,
        ferv39k,
        mafw,
        mmi,
        rafdb,
        ravdess,
    )
}
"""Every corpus that can be written, CK+ aside, by name."""
