"""A pretrained network run by PyTorch: a batch of images in, the features of some blocks out."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .model_folder import ModelFolder

if TYPE_CHECKING:
    from torch import Tensor, nn

_NORMS = ("layernorm", "norm", "post_layernorm", "layer_norm")
_FEATURE_MAP_AXES = 4


class TorchNetwork:
    """Blocks of a pretrained network.

    Layers behind the last block that is wanted are left out, and not computed. It runs on CUDA or an Apple
    GPU in half precision where there is one, else on the processor: in bfloat16 where that has instructions
    for it (two to three times faster, and each token keeps its direction: cosine above 0.999), else in single
    precision.

    Parameters
    ----------
    folder : ModelFolder
    blocks : sequence of int
        From 1.

    Raises
    ------
    InputError
        If PyTorch or transformers is missing, or the folder cannot be loaded.
    """

    def __init__(self, folder: ModelFolder, blocks: Sequence[int]) -> None:
        try:
            import torch
        except ImportError as error:
            raise InputError(
                "Pretrained networks need PyTorch and transformers, which are not installed. Install them "
                "with pip install 'patchprobe[transformers]', or use the backbone 'filters', which needs "
                "neither."
            ) from error
        self._torch = torch
        self._device, self._dtype = _best_device(torch)
        self._lowers = self._device.type == "cpu" and has_bfloat16(torch)
        self._stride = folder.stride(max(blocks))
        self._module = _tapped(_load(folder), folder, blocks).to(self._device, self._dtype).eval()

    def __call__(self, images: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
        """Compute features.

        Parameters
        ----------
        images : ndarray of float32, shape (n, 3, H, W)
            With the mean and standard deviation that the network expects; H and W multiples of the patch.

        Returns
        -------
        list of ndarray of float32, each (n, rows, cols, channels)
            In the order of the blocks.
        """
        torch = self._torch
        lowered = torch.autocast("cpu", torch.bfloat16, enabled=self._lowers)
        with torch.inference_mode(), lowered:
            out = self._module(torch.from_numpy(images).to(self._device, self._dtype))
        return [features.float().cpu().numpy() for features in out]


def _best_device(torch: Any) -> tuple[Any, Any]:
    if torch.cuda.is_available():
        return torch.device("cuda"), torch.float16
    if torch.backends.mps.is_available():
        return torch.device("mps"), torch.float16
    return torch.device("cpu"), torch.float32


def has_bfloat16(torch: Any) -> bool:
    """Whether the processor computes in bfloat16 itself; without, that would only be slower."""
    asks = (getattr(torch.cpu, f"_is_{feature}_supported", None) for feature in ("avx512_bf16", "amx_tile"))
    return any(ask is not None and ask() for ask in asks)


def _load(folder: ModelFolder) -> nn.Module:
    """Load a model from its folder: no network, no pickle, no code of the model's own."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel, logging

    folder.weight_files  # noqa: B018  # says what is wrong with a folder without weights
    logging.disable_progress_bar()
    try:
        model: Any = AutoModel.from_pretrained(
            folder.path,
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            dtype=torch.float32,
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(
            f"The model in {folder.path} cannot be loaded: {reason}. Get it again, or choose another."
        ) from error
    return getattr(model, "vision_model", model)


def _tapped(model: Any, folder: ModelFolder, blocks: Sequence[int]) -> nn.Module:
    """Wrap a model so that it gives the features of some blocks, and drop the layers behind the last."""
    import torch
    from torch import nn

    takes_any_size = "interpolate_pos_encoding" in signature(model.forward).parameters
    extra = {"interpolate_pos_encoding": True} if takes_any_size else {}
    norm_name = next((name for name in _NORMS if hasattr(model, name)), None)
    norm = None if norm_name is None else getattr(model, norm_name)
    if folder.is_convolutional and norm_name is not None:
        # It fits the last stage only, which may not be wanted.
        setattr(model, norm_name, nn.Identity())
    layers = next(
        part for part in model.modules() if isinstance(part, nn.ModuleList) and len(part) == folder.depth
    )
    del layers[max(blocks) :]

    class Tapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, images: Tensor) -> tuple[Tensor, ...]:
            out = self.model(images, output_hidden_states=True, **extra)
            rows, cols = (side // folder.stride(blocks[0]) for side in images.shape[2:])
            return tuple(_grid(out.hidden_states[block], norm, rows, cols) for block in blocks)

    def _grid(states: Tensor, norm: Any, rows: int, cols: int) -> Tensor:
        if states.ndim == _FEATURE_MAP_AXES:
            return torch.movedim(states, 1, 3)
        # Tokens of the class and of registers come first.
        patches = states[:, states.shape[1] - rows * cols :]
        if norm is not None:
            patches = norm(patches)
        return patches.reshape(len(states), rows, cols, -1)

    return Tapped()
