"""Python code that loads a run's weights into its network, for pages and commands."""

from engine.runs.model_config import ModelConfig


def loading_code(config: ModelConfig, file_name: str) -> str:
    """Five lines of Python for a safetensors file, or for a PyTorch state dict if the name ends in .pt."""
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
