"""A small CREMI: a cropped volume A, and a volume B within a larger image."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .content import clefts, neuropil

_RESOLUTION = (40.0, 4.0, 4.0)
_MARGIN = (2, 8, 8)

_PLANES = 8


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``sample_A_20160501.hdf`` and ``sample_B_padded_20160501.hdf``."""
    for sample, margin in (("A", (0, 0, 0)), ("B_padded", _MARGIN)):
        raw, cells = neuropil(_PLANES, size, seed + ord(sample[0]))
        inner = tuple(slice(m, n - m) for m, n in zip(margin, raw.shape, strict=True))
        truths = {"neuron_ids": cells[inner], "clefts": clefts(cells, seed)[inner]}
        with h5py.File(folder / f"sample_{sample}_20160501.hdf", "w") as file:
            _volume(file, "volumes/raw", raw)
            for name, truth in truths.items():
                data = _volume(file, f"volumes/labels/{name}", truth)
                if any(margin):
                    data.attrs["offset"] = np.multiply(margin, _RESOLUTION)


def _volume(file: h5py.File, name: str, values: Any) -> h5py.Dataset:
    data = file.create_dataset(name, data=values, compression="gzip", chunks=(1, *values.shape[1:]))
    data.attrs["resolution"] = _RESOLUTION
    return data
