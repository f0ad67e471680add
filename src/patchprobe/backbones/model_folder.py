"""A vision model in a folder, as Hugging Face's libraries save it: read without loading it."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod
from pathlib import Path
from typing import Any

from ..errors import InputError
from .base import IMAGENET_MEAN, IMAGENET_STD

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_HASH_DIGITS = 12
# Weights of gigabytes are told apart by samples: training changes all of them.
_HASHED_WHOLE = 64 << 20
_SAMPLES = 64
_SAMPLE_BYTES = 1 << 16
_FIRST_STRIDE = 4
_LARGEST_PATCH = 256
# Block of a transformer, in parts of its depth: earlier ones see edges, the last ones whole objects.
_DEFAULT_DEPTH = 0.75
_DEFAULT_STRIDE = 16


@dataclass(frozen=True)
class ModelFolder:
    """A folder with ``config.json`` and weights in safetensors format.

    Parameters
    ----------
    path : Path
    mean, std : tuple of float
        Of the images that it was trained on, in the unit range; used where the folder does not say.
    """

    path: Path
    mean: tuple[float, ...] = IMAGENET_MEAN
    std: tuple[float, ...] = IMAGENET_STD

    @cached_property
    def config(self) -> dict[str, Any]:
        """What ``config.json`` says; of a model of images and text, the part about images."""
        file = self.path / "config.json"
        if not file.is_file():
            raise InputError(
                f"{self.path} is no model folder: it has no config.json. Give a folder as save_pretrained of "
                "Hugging Face transformers writes it."
            )
        config = _read(file)
        return dict(config.get("vision_config") or config)

    @property
    def is_convolutional(self) -> bool:
        """Whether it is a pyramid of convolutions rather than a transformer."""
        return "hidden_sizes" in self.config and "depths" in self.config

    @property
    def depth(self) -> int:
        """Number of blocks, or of stages."""
        depth = len(self._of_stages) if self.is_convolutional else self._needed("num_hidden_layers")
        if not isinstance(depth, int) or depth < 1:
            raise InputError(f"{self.path} has {depth!r} layers by its config.json. Get the model again.")
        return depth

    @property
    def default_block(self) -> int:
        """The block or stage that is taken if none is asked for."""
        if self.is_convolutional:
            return min(self.depth, 1 + (_DEFAULT_STRIDE // _FIRST_STRIDE).bit_length() - 1)
        return max(1, round(_DEFAULT_DEPTH * self.depth))

    def channels(self, block: int) -> int:
        """Features of a block."""
        return int(self._of_stages[block - 1] if self.is_convolutional else self._needed("hidden_size"))

    def stride(self, block: int) -> int:
        """Pixels from one patch to the next at a block."""
        if self.is_convolutional:
            return int(_FIRST_STRIDE * 2 ** (block - 1))
        size = self._needed("patch_size")
        sides = size if isinstance(size, list) and size else [size]
        side = sides[0]
        if not isinstance(side, int) or not 1 <= side <= _LARGEST_PATCH or sides.count(side) != len(sides):
            raise InputError(
                f"{self.path} has a patch_size of {size!r}; it must be square, 1 to {_LARGEST_PATCH} px. "
                "Choose another model."
            )
        return side

    @cached_property
    def mean_and_std(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Of the images that it was trained on, for three channels in the unit range."""
        alone, joint = self.path / "preprocessor_config.json", self.path / "processor_config.json"
        if alone.is_file():
            said = _read(alone)
        else:
            # Of a model of images and text, as transformers 5 saves it.
            said = _read(joint).get("image_processor", {}) if joint.is_file() else {}
        return _triple(said.get("image_mean"), self.mean), _triple(said.get("image_std"), self.std)

    @property
    def weight_files(self) -> list[Path]:
        """The files that hold the weights."""
        files = sorted(self.path.glob("*.safetensors"))
        if not files:
            pickled = any(self.path.glob("*.bin")) or any(self.path.glob("*.pth"))
            reason = (
                "its weights are pickled, which can run code when they are read. Convert them to safetensors"
                if pickled
                else "it holds no *.safetensors. Get the model again"
            )
            raise InputError(f"{self.path} cannot be used: {reason}.")
        return files

    @cached_property
    def parameters(self) -> int:
        """How many weights there are.

        Raises
        ------
        InputError
            If a file with weights is damaged.
        """
        return sum(_count_weights(file) for file in self.weight_files)

    @property
    def version(self) -> str:
        """Hash of weights and configuration: equal versions give equal features."""
        digest = hashlib.sha256(json.dumps(self.config, sort_keys=True).encode())
        for file in self.weight_files:
            state = file.stat()
            digest.update(_hash_of(file, state.st_size, state.st_mtime_ns).encode())
        return digest.hexdigest()[:_HASH_DIGITS]

    @property
    def _of_stages(self) -> list[int]:
        return list(self.config["hidden_sizes"])

    def _needed(self, key: str) -> Any:
        if key not in self.config:
            raise InputError(
                f"{self.path} holds a model of type {self.config.get('model_type', 'unknown')!r}, whose "
                f"config has no {key}. Vision transformers (DINOv2, DINOv3, ViT, CLIP, SigLIP, …) and "
                "ConvNeXt work."
            )
        return self.config[key]


def _read(file: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(file.read_text("utf-8")))
    except (TypeError, ValueError) as error:
        raise InputError(f"{file} is damaged: {error}. Get the model again.") from error


@lru_cache(maxsize=64)
def _hash_of(file: Path, size: int, changed: int) -> str:
    """Hash of a file's content, of a large one from samples.

    Size and time of change only tell whether it was hashed before.
    """
    if re.fullmatch("[0-9a-f]{64}", file.resolve().name):
        # The cache of the hub links to files that are named by this very hash.
        return file.resolve().name
    with file.open("rb") as content:
        if size <= _HASHED_WHOLE:
            return hashlib.file_digest(content, "sha256").hexdigest()
        digest = hashlib.sha256(str(size).encode())
        for sample in range(_SAMPLES):
            content.seek(sample * (size - _SAMPLE_BYTES) // (_SAMPLES - 1))
            digest.update(content.read(_SAMPLE_BYTES))
        return digest.hexdigest()


def _triple(said: Any, usual: tuple[float, ...]) -> tuple[float, ...]:
    """Three numbers, which may be said as one for all channels."""
    given = list(usual) if said is None else said if isinstance(said, list) else [said]
    if len(given) not in (1, 3) or not all(isinstance(number, int | float) for number in given):
        raise InputError(
            f"The mean or deviation of the model's images is {said!r}; it must be three numbers. "
            "Mend its preprocessor_config.json, or get the model again."
        )
    return tuple(map(float, given * 3 if len(given) == 1 else given))


def _count_weights(file: Path) -> int:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="numpy") as content:
            return sum(prod(content.get_slice(name).get_shape()) for name in content.keys())  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise InputError(f"{file} is damaged: {error}. Get the model again.") from error
