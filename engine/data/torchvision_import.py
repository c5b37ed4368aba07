"""The one place that imports torchvision."""

from types import ModuleType

import torch


def import_torchvision_datasets() -> ModuleType:
    """`torchvision.datasets`, also beside a CPU build of torch.

    torchvision's wheel on the registry is a CUDA build: next to a CPU torch its operator library does not load,
    and its import fails because the operators `nms` and `qnms`, which it decorates, have no schema.
    Data sets need neither; defining the two schemas first lets the import pass.
    """
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision.datasets  # needs the operators defined above

    return torchvision.datasets
