"""Networks run by PyTorch, on a graphics card or the processor."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...compute import Compute, usable_cores
from ...errors import InputError
from ..model_folder import ModelFolder
from .network import BATCH_ON_CARD, Features, Images, Network
from .tapped import load_tapped

_log = logging.getLogger(__name__)
_NAMES = {"cuda": "graphics card", "mps": "Apple GPU", "cpu": "processor"}


class TorchNetwork(Network):
    """Blocks of a pretrained network, run by PyTorch.

    It runs on CUDA or an Apple GPU in half precision where there is one, else on the processor: in bfloat16
    where that has instructions for it (two to three times faster, and each token keeps its direction: cosine
    above 0.999), else in single precision. When the memory of a card is too small for a batch, the batch is
    halved.

    Parameters
    ----------
    folder : ModelFolder
    blocks : sequence of int
        From 1.
    compute : Compute

    Raises
    ------
    InputError
        If PyTorch or transformers is missing, the device is not there, or the folder cannot be loaded.
    """

    def __init__(self, folder: ModelFolder, blocks: Sequence[int], compute: Compute | None = None) -> None:
        compute = compute or Compute()
        module = load_tapped(folder, blocks)
        import torch

        self._torch = torch
        kind = _device(torch, compute.device)
        single = compute.precision == "single"
        self._device = torch.device(kind)
        self._dtype = torch.float32 if single or kind == "cpu" else torch.float16
        self._lowers = kind == "cpu" and not single and has_bfloat16(torch)
        self._module = module.to(self._device, self._dtype)
        self.batch = 1 if kind == "cpu" else BATCH_ON_CARD
        self._threads = compute.threads or usable_cores()
        exact = "bfloat16" if self._lowers else str(self._dtype).removeprefix("torch.")
        self.label = f"PyTorch on the {_NAMES[kind]}, {exact}"

    def __call__(self, images: Images) -> Features:
        """Compute features; see `Network`.

        Raises
        ------
        InputError
            If the memory is too small for a single image.
        """
        done: list[Features] = []
        start = 0
        while start < len(images):
            part = images[start : start + self.batch]
            try:
                done.append(self._run(part))
            except (self._torch.OutOfMemoryError, RuntimeError) as error:
                if not _is_out_of_memory(self._torch, error):
                    raise
                self._halve(len(part))
            else:
                start += len(part)
        return [np.concatenate(block) for block in zip(*done, strict=True)]

    def _run(self, images: Images) -> Features:
        torch = self._torch
        if self._device.type == "cpu" and torch.get_num_threads() != self._threads:
            torch.set_num_threads(self._threads)
        lowered = torch.autocast("cpu", torch.bfloat16, enabled=self._lowers)
        with torch.inference_mode(), lowered:
            out = self._module(torch.from_numpy(images).to(self._device, self._dtype))
            return [features.float().cpu().numpy() for features in out]

    def _halve(self, batch: int) -> None:
        where = _NAMES[self._device.type]
        if batch == 1:
            raise InputError(
                f"The memory of the {where} is too small for this network. Close what else uses it, choose a "
                "smaller network, or compute on the processor (PATCHPROBE_DEVICE=cpu)."
            )
        self.batch = batch // 2
        self.note = f"The memory of the {where} holds {self.batch} tiles at a time only, which is slower"
        _log.warning(self.note)
        if self._device.type == "cuda":
            self._torch.cuda.empty_cache()


def _device(torch: Any, wanted: str) -> str:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(kind for kind in ("cuda", "mps", "cpu") if there[kind])
    if not there[wanted]:
        raise InputError(
            f"PyTorch finds no device {wanted!r} here. Use 'cpu', or install PyTorch for the graphics card."
        )
    return wanted


def has_bfloat16(torch: Any) -> bool:
    """Whether the processor computes in bfloat16 itself; without, that would only be slower."""
    asks = (getattr(torch.cpu, f"_is_{feature}_supported", None) for feature in ("avx512_bf16", "amx_tile"))
    return any(ask is not None and ask() for ask in asks)


def _is_out_of_memory(torch: Any, error: RuntimeError) -> bool:
    """Tell a lack of memory from other errors: an Apple GPU and the processor raise a plain one."""
    words = ("out of memory", "not enough memory", "can't allocate memory")
    return isinstance(error, torch.OutOfMemoryError) or any(word in str(error).lower() for word in words)
