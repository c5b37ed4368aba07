"""The only module that imports torchvision."""

from types import ModuleType

import torch


def import_torchvision_datasets() -> ModuleType:
    """Import `torchvision.datasets`, also with a CPU build of torch.

    torchvision's wheel on PyPI is a CUDA build. With a CPU build of torch its operator library does not load, and its
    import fails because the operators `nms` and `qnms`, which it decorates, have no schema. Data sets need neither
    operator; the import succeeds once both schemas are defined.
    """
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.datasets  # needs the operators defined above

    return torchvision.datasets
