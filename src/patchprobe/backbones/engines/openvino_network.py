"""Networks run by OpenVINO, the fastest on most processors; converted once, and kept on disk."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version as installed_version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from ...compute import Compute, usable_cores
from ..model_folder import ModelFolder
from .kept import KeptNetworks
from .network import Features, Images, Network
from .tapped import load_tapped, quiet_transformers

Shape = tuple[int, ...]

# Least cosine between a token as OpenVINO and as PyTorch in single precision compute it.
_LEAST_COSINE = 0.999
_MODEL = "network.xml"
# Sizes of images that a network is ready for at once; each holds its own weights.
_MOST_SHAPES = 3

_log = logging.getLogger(__name__)


class OpenVINONetwork(Network):
    """Blocks of a pretrained network, run by OpenVINO on the processor.

    The network is converted for each size of image the first time that it is met, which takes some
    seconds, compared with PyTorch in single precision there and then, and kept on disk. Where the cosine
    between the two is below 0.999 for any token, PyTorch computes instead. Later runs need neither PyTorch
    nor transformers.

    Parameters
    ----------
    folder : ModelFolder
    blocks : sequence of int
        From 1.
    compute : Compute
    kept : KeptNetworks, optional
        Converted networks; those in the user's cache folder if not given.

    Raises
    ------
    InputError
        On the first call, if PyTorch or transformers is missing where a network has to be converted, or the
        folder cannot be loaded.
    """

    def __init__(
        self,
        folder: ModelFolder,
        blocks: Sequence[int],
        compute: Compute | None = None,
        kept: KeptNetworks | None = None,
    ) -> None:
        compute = compute or Compute()
        self._openvino = import_openvino()
        self._folder, self._blocks = folder, tuple(blocks)
        self._compute = compute
        self._kept = kept or KeptNetworks()
        self._core = self._openvino.Core()
        able = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        lowers = compute.precision == "auto" and "BF16" in able
        self._precision = "bf16" if lowers else "f32"
        self._compiled: dict[Shape, Any] = {}
        self._instead: Network | None = None
        self._lock = Lock()
        self.label = f"OpenVINO, {'bfloat16' if lowers else 'single precision'}"

    def __call__(self, images: Images) -> Features:
        """Compute features; see `Network`."""
        with self._lock:
            done = [self._run(image[None]) for image in images]
        return [np.concatenate(block) for block in zip(*done, strict=True)]

    def is_ready(self, image_shape: Shape) -> bool:
        """See `Network.is_ready`."""
        return self._instead is not None or (1, *image_shape) in self._compiled

    def _run(self, image: Images) -> Features:
        if self._instead is None and image.shape not in self._compiled:
            while len(self._compiled) >= _MOST_SHAPES:
                del self._compiled[next(iter(self._compiled))]
            self._compile(image.shape)
        if self._instead is not None:
            return self._instead(image)
        results = self._compiled[image.shape](image, share_inputs=True)
        return [np.array(results[block], np.float32) for block in range(len(self._blocks))]

    def _compile(self, shape: Shape) -> None:
        made_from = (self._folder.version, self._blocks, shape, installed_version("openvino"))
        place = self._kept.place(made_from)
        try:
            model = self._core.read_model(place / _MODEL)
            self._compiled[shape] = self._compile_model(model)
        except (RuntimeError, OSError):  # there is none yet, or it is damaged
            self._convert(shape, place)
            return
        with suppress(OSError):  # of another user
            os.utime(place)

    def _convert(self, shape: Shape, place: Path) -> None:
        import torch

        module = load_tapped(self._folder, self._blocks)
        example = torch.from_numpy(np.random.default_rng(0).standard_normal(shape, np.float32))
        with torch.inference_mode():
            wanted = [block.numpy() for block in module(example)]
        try:
            model = _converted(module, example, shape)
            compiled = self._compile_model(model)
            cosine = _least_cosine(compiled(example.numpy()).values(), wanted)
        except RuntimeError as error:
            self._use_torch(f"OpenVINO cannot run it ({_first_line(error)})")
            return
        if cosine < _LEAST_COSINE:
            self._use_torch(f"OpenVINO computes other features (cosine {cosine:.4f})")
            return
        self._compiled[shape] = compiled
        self._keep(model, place)

    def _use_torch(self, why: str) -> None:
        from .torch_network import TorchNetwork

        self._instead = TorchNetwork(self._folder, self._blocks, self._compute)
        self.label = self._instead.label
        self.note = f"{why}, so PyTorch does, which is slower"
        _log.warning(self.note)

    def _compile_model(self, model: Any) -> Any:
        settings = {
            "INFERENCE_PRECISION_HINT": self._precision,
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": self._compute.threads or usable_cores(),
        }
        return self._core.compile_model(model, "CPU", settings)

    def _keep(self, model: Any, place: Path) -> None:
        def write(folder: Path) -> None:
            # In single precision, so that what was compared is what is kept.
            self._openvino.save_model(model, folder / _MODEL, compress_to_fp16=False)

        self._kept.keep(place, write)


def import_openvino() -> Any:
    """Import OpenVINO without letting it report that to its makers over the network."""
    reports = "openvino_telemetry"
    was_there = reports in sys.modules
    if not was_there:
        sys.modules[reports] = None  # type: ignore[assignment]  # an import of it fails, which is foreseen
    try:
        import openvino
    finally:
        if not was_there:
            del sys.modules[reports]
    return openvino


def _converted(module: Any, example: Any, shape: Shape) -> Any:
    """Convert a module of PyTorch for images of one shape."""
    import torch
    from openvino.frontend import FrontEndManager
    from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

    with quiet_transformers(), warnings.catch_warnings(), torch.no_grad():
        # About the size becoming a constant, which is what is wanted, and about tracing being of yesterday.
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        decoder = TorchScriptPythonDecoder(module, example_input=(example,))
        frontend = FrontEndManager().load_by_framework("pytorch")
        model = frontend.convert(frontend.load(decoder))
    model.reshape({model.input(0): list(shape)})
    return model


def _least_cosine(given: Any, wanted: Features) -> float:
    least = 1.0
    for block, reference in zip(given, wanted, strict=True):
        norms = np.linalg.norm(block, axis=-1) * np.linalg.norm(reference, axis=-1)
        cosines = (block * reference).sum(axis=-1) / np.maximum(norms, np.finfo(np.float32).tiny)
        # What is no number is no direction either.
        least = min(least, float(np.nan_to_num(cosines, nan=-1.0).min()))
    return least


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
