"""Which engine computes a network."""

from __future__ import annotations

import sys
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock

from ...compute import Compute
from ...errors import InputError
from ..model_folder import ModelFolder
from .network import BATCH_ON_CARD, Network

# Each holds its weights in memory.
_KEPT = 4
_LOADING = Lock()
# Where Linux shows a card of NVIDIA or AMD, the last one inside Windows.
_CARDS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def load_network(folder: ModelFolder, version: str, blocks: tuple[int, ...], compute: Compute) -> Network:
    """Load blocks of a network with the engine that is wanted; equal wishes share one network.

    Parameters
    ----------
    folder : ModelFolder
    version : str
        Of the weights that are expected.
    blocks : tuple of int
        From 1.
    compute : Compute

    Raises
    ------
    InputError
        If the engine or device is not to be had, the folder cannot be loaded, or its weights are others
        by now.
    """
    with _LOADING:
        return _load(folder.path, version, blocks, compute)


@lru_cache(maxsize=_KEPT)
def _load(path: Path, version: str, blocks: tuple[int, ...], compute: Compute) -> Network:
    folder = ModelFolder(path)
    if folder.version != version:
        raise InputError(f"The weights in {path} were replaced meanwhile. Choose the model again.")
    if chosen_engine(compute) == "openvino":
        from .openvino_network import OpenVINONetwork

        return OpenVINONetwork(folder, blocks, compute)
    from .torch_network import TorchNetwork

    return TorchNetwork(folder, blocks, compute)


def chosen_engine(compute: Compute) -> str:
    """Return ``"torch"`` or ``"openvino"``.

    Raises
    ------
    InputError
        If OpenVINO is asked for and not installed.
    """
    if compute.engine == "openvino" and not find_spec("openvino"):
        raise InputError(
            "The engine 'openvino' is not installed. Install it with pip install 'patchprobe[fast]', or use "
            "the engine 'torch'."
        )
    if compute.engine != "auto":
        return compute.engine
    wants_card = compute.device not in ("auto", "cpu") or (compute.device == "auto" and _has_card())
    return "torch" if wants_card or not find_spec("openvino") else "openvino"


def usual_batch(compute: Compute) -> int:
    """How many tiles a network will compute at once, told without loading it."""
    on_card = chosen_engine(compute) == "torch" and compute.device != "cpu" and _has_card()
    return BATCH_ON_CARD if on_card else 1


def _has_card() -> bool:
    """Whether PyTorch finds a graphics card; it takes seconds to ask, so only where there may be one."""
    if not find_spec("torch") or (
        sys.platform == "linux" and not any(Path(device).exists() for device in _CARDS)
    ):
        return False
    import torch

    return bool(torch.cuda.is_available() or torch.backends.mps.is_available())
