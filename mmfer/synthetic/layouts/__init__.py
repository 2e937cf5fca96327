"""The layouts on disk of real corpora, filled with synthetic faces: one module per corpus."""
from mmfer.synthetic.layouts import afew
from mmfer.synthetic.layouts.layout import Maker

__all__ = ['MAKERS', 'Maker']

MAKERS: dict[str, Maker] = {
    module.MAKER.name: module.MAKER for module in (
        afew,
    )
}
"""Every corpus that can be written, CK+ aside, by name."""
