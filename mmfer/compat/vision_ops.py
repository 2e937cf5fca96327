"""torchvision beside a torch that it was not built for."""
from __future__ import annotations

from types import ModuleType


def missing_ops(module: ModuleType) -> None:
    """A torchvision built for CUDA cannot be imported beside a CPU build of torch.

    The library of its operators does not load there, for which torchvision is prepared, but
    it then describes ``nms`` and ``qnms`` to torch, which does not know them: "operator
    torchvision::nms does not exist". Report: vision#9085. They are declared here, without
    an implementation, so that models and transforms can be used; calling such an operator
    raises torchvision's own error. Skipped where the library loads.

    Args:
        module: ``torchvision.extension``, which is imported before the descriptions.
    """
    if module._has_ops():
        return
    from torch.library import Library
    library = Library('torchvision', 'FRAGMENT')
    for name in ('nms', 'qnms'):
        library.define(f'{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor')
    # the declarations last as long as the object does
    module._declared = library  # type: ignore[attr-defined]
