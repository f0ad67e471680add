"""One small file for a fitted head: numbers as safetensors, everything else as JSON in its header."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ..errors import InputError
from ..io.replace_file import written_beside


def write_head(
    path: str | os.PathLike[str], kind: str, card: Mapping[str, Any], tensors: Mapping[str, npt.NDArray[Any]]
) -> Path:
    """Write a head beside its place, then rename, so that a killed run leaves the old file or the new one.

    Parameters
    ----------
    path : path-like
        Where to; ``.safetensors`` is added where there is no suffix.
    kind : str
        What it is, such as ``"patchprobe linear probe"``; `read_head` asks for the same.
    card : mapping
        What made the head; anything that JSON can hold.
    tensors : mapping of str to ndarray

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    InputError
        If it could not be written.
    """
    target = Path(path)
    if not target.suffix:
        target = target.with_suffix(".safetensors")
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    # Not by `save_file`, which lets nobody but its owner read the file.
    content = save(contiguous, metadata={"kind": kind, "card": json.dumps(dict(card))})
    with written_beside(target) as beside:
        beside.write_bytes(content)
    return target


def read_head(
    path: str | os.PathLike[str], kind: str, *older: str
) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read what `write_head` wrote.

    Parameters
    ----------
    path : path-like
    kind : str
        What it must be.
    *older : str
        Other names of the same, which older versions wrote.

    Returns
    -------
    card : dict
    tensors : dict of str to ndarray

    Raises
    ------
    InputError
        If the file is missing, damaged, or holds something else than `kind`.
    """
    source = Path(path)
    if not source.is_file():
        raise InputError(f"There is no file {source}. Give the path of a saved {kind}.")
    try:
        with safe_open(source, framework="numpy") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        card = json.loads(metadata.get("card", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise InputError(
            f"{source} is damaged or not a saved {kind} ({error}). Save it again from the program."
        ) from error
    if metadata.get("kind") not in (kind, *older):
        raise InputError(
            f"{source} holds {metadata.get('kind', 'something else')!r}, not a {kind}. "
            "Choose the file that was saved as one."
        )
    return card, tensors
