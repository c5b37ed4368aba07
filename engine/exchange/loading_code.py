"""Five lines of Python that load a run's weights into its network; the same on the page and on the command line."""

from engine.runs.model_config import ModelConfig


def loading_code(config: ModelConfig, file_name: str) -> str:
    """For a safetensors file, or a state dict where the name ends in .pt."""
    spec = config.dataset_spec
    if file_name.endswith(".pt"):
        reader, weights = "import torch", f"torch.load({file_name!r}, weights_only=True)"
    else:
        reader, weights = "from safetensors.torch import load_file", f"load_file({file_name!r})"
    images = f"{spec.shape}, {len(spec.classes)}, mean={spec.mean}, std={spec.std}"
    return "\n".join(
        (
            reader,
            "from engine.models.architectures import build_model",
            f'model = build_model("{config.architecture}", 0, {images})',
            f"model.load_state_dict({weights})",
            "model.eval()  # (B, C, H, W) pixels in [0, 1] -> logits",
        )
    )
