"""Small random networks of the real architectures, as Hugging Face transformers writes them."""

from __future__ import annotations

import pytest


def _dinov3(transformers):
    config = transformers.DINOv3ViTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=64,
        num_register_tokens=4,
    )
    return transformers.DINOv3ViTModel(config)


def _dinov2(transformers):
    config = transformers.Dinov2Config(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2, image_size=56, patch_size=14
    )
    return transformers.Dinov2Model(config)


def _vit(transformers):
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=2, intermediate_size=64, image_size=64
    )
    return transformers.ViTModel(config)


def _convnext(transformers):
    config = transformers.DINOv3ConvNextConfig(hidden_sizes=[8, 12, 16, 20], depths=[1, 1, 2, 1])
    return transformers.DINOv3ConvNextModel(config)


_ARCHITECTURES = {"dinov3": _dinov3, "dinov2": _dinov2, "vit": _vit, "convnext": _convnext}


@pytest.fixture(params=_ARCHITECTURES)
def architecture(request):
    """Name of each architecture in turn; a key of `folders`."""
    return request.param


@pytest.fixture(scope="session")
def save_random_model():
    """A function of architecture, folder and seed that writes a random model."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")

    def save(architecture, folder, seed=0):
        torch.manual_seed(seed)
        _ARCHITECTURES[architecture](transformers).eval().save_pretrained(folder)
        return folder

    return save


@pytest.fixture(scope="session")
def folders(tmp_path_factory, save_random_model):
    """A folder with a random model for each architecture."""
    return {name: save_random_model(name, tmp_path_factory.mktemp(name)) for name in _ARCHITECTURES}
