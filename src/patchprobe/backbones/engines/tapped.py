"""A model loaded by transformers, cut behind the last block that is wanted, with taps at the blocks."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import signature
from typing import TYPE_CHECKING, Any

from ...errors import InputError
from ..model_folder import ModelFolder

if TYPE_CHECKING:
    from torch import Tensor, nn

_NORMS = ("layernorm", "norm", "post_layernorm", "layer_norm")
_FEATURE_MAP_AXES = 4
# Patches of the image that a network is tried on.
_TRIAL = (2, 3)
# Parts of models that features of patches do not go through.
_UNUSED = ("pooler", "mask_token", "head", "text_model", "logit_", "projection")


def load_tapped(folder: ModelFolder, blocks: Sequence[int]) -> nn.Module:
    """Load a model so that it gives the features of some blocks, each (n, rows, cols, channels).

    Layers behind the last block that is wanted are left out, and not computed. Nothing is asked of a
    network, and neither pickled weights nor code of the model's own are run.

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
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise InputError(
            "Pretrained networks need PyTorch and transformers, which are not installed. Install them "
            "with pip install 'patchprobe[transformers]', or use the backbone 'filters', which needs "
            "neither."
        ) from error
    stride = folder.stride(max(blocks))
    wanted = [(1, *_TRIAL, folder.channels(block)) for block in blocks]
    with quiet_transformers(), torch.inference_mode():
        module = _tapped(_load(folder), folder, blocks).eval()
        try:
            given = module(torch.zeros(1, 3, *(stride * side for side in _TRIAL)))
        except (RuntimeError, ValueError, TypeError, IndexError, AttributeError) as error:
            raise _unknown(folder) from error
    if [tuple(features.shape) for features in given] != wanted:
        raise _unknown(folder)
    return module


def _unknown(folder: ModelFolder) -> InputError:
    return InputError(
        f"The model in {folder.path} ({folder.config.get('model_type', 'unknown')}) does not give one "
        "feature for each patch of a colour image. Vision transformers (DINOv2, DINOv3, CLIP, SigLIP, …) "
        "and ConvNeXt work."
    )


def _load(folder: ModelFolder) -> nn.Module:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModel

    folder.weight_files  # noqa: B018  # says what is wrong with a folder without weights
    try:
        with quiet_transformers():
            model: Any
            model, report = AutoModel.from_pretrained(
                folder.path,
                output_loading_info=True,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
                dtype=torch.float32,
            )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"The model in {folder.path} cannot be loaded: {reason}. Get it again, or choose another."
        ) from error
    missing = [key for key in report["missing_keys"] if not any(part in key for part in _UNUSED)]
    if missing:
        # Random ones would stand in for them, and nobody would see it.
        raise InputError(
            f"The weights in {folder.path} do not fit its config.json: {len(missing)} are missing, such as "
            f"{min(missing)}. Save the model again with save_pretrained, or choose another."
        )
    return getattr(model, "vision_model", model)


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Keep transformers from talking about itself: its users did not choose it."""
    from transformers.utils import logging as reports

    told = reports.get_verbosity()
    reports.set_verbosity(logging.ERROR)
    reports.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        reports.set_verbosity(told)


def _tapped(model: Any, folder: ModelFolder, blocks: Sequence[int]) -> nn.Module:
    import torch
    from torch import nn

    takes_any_size = "interpolate_pos_encoding" in signature(model.forward).parameters
    extra = {"interpolate_pos_encoding": True} if takes_any_size else {}
    norm_name = next((name for name in _NORMS if hasattr(model, name)), None)
    norm = None if norm_name is None else getattr(model, norm_name)
    if folder.is_convolutional and norm_name is not None:
        # It fits the last stage only, which may not be wanted.
        setattr(model, norm_name, nn.Identity())
    lists = (part for part in model.modules() if isinstance(part, nn.ModuleList))
    layers = next((part for part in lists if len(part) == folder.depth), None)
    if layers is None:
        raise _unknown(folder)
    del layers[max(blocks) :]
    stride = folder.stride(blocks[0])

    class Tapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, images: Tensor) -> tuple[Tensor, ...]:
            out = self.model(images, output_hidden_states=True, **extra)
            count, _, height, width = images.shape
            return tuple(
                _grid(out.hidden_states[block], norm, (count, height // stride, width // stride))
                for block in blocks
            )

    def _grid(states: Tensor, norm: Any, shape: tuple[int, int, int]) -> Tensor:
        if states.ndim == _FEATURE_MAP_AXES:
            return torch.movedim(states, 1, 3)
        count, rows, cols = shape
        # Tokens of the class and of registers come first.
        patches = states[:, states.shape[1] - rows * cols :]
        if norm is not None:
            patches = norm(patches)
        return patches.reshape(count, rows, cols, -1)

    return Tapped()
