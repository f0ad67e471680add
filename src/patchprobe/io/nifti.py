"""NIfTI (and Analyze, MGH): volumes that say how the head lies, cut into planes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError

from ..errors import InputError
from .file_image import FileImage, ReadOptions, Size
from .formats import gzip_is_whole
from .units import canonical

# For each way of cutting: the letter of the world axes (left→right, posterior→anterior, inferior→superior).
_LETTERS = {"axial": "xyz", "coronal": "xzy", "sagittal": "zxy"}
# Rows run downwards on a screen: these world axes are turned so that anterior or superior is at the top.
_TURNED = {"axial": (1,), "coronal": (2,), "sagittal": (2,)}
# A packed volume has to be unpacked from its start for each plane; up to this size it is kept instead.
_KEPT_BYTES = 2 << 30


class Volume:
    """The voxels of an image with chosen axes turned around, read when sliced.

    Parameters
    ----------
    proxy : ArrayProxy
        Voxels as nibabel offers them; slicing applies the scale of the header.
    turned : tuple of int
        Axes that run backwards.
    packed : bool
        Whether the file is compressed, so that reading a part costs as much as reading all.
    """

    def __init__(self, proxy: Any, turned: tuple[int, ...], packed: bool) -> None:
        stored = np.dtype(proxy.dtype)
        self._colours = stored.fields is not None
        self._scaled = not self._colours and (proxy.slope != 1 or proxy.inter != 0)
        self.shape = tuple(int(n) for n in proxy.shape) + ((len(stored.fields),) if stored.fields else ())
        self.dtype = np.dtype(np.uint8 if self._colours else np.float32 if self._scaled else stored)
        self.ndim = len(self.shape)
        self._proxy = proxy
        self._turned = turned
        self._keep = packed and int(np.prod(proxy.shape)) * stored.itemsize <= _KEPT_BYTES
        self._kept: npt.NDArray[Any] | None = None
        self._lock = threading.Lock()

    def __getitem__(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        spatial = key[: len(self._proxy.shape)]
        stored = tuple(
            slice(n - s.stop, n - s.start) if axis in self._turned else s
            for axis, (s, n) in enumerate(zip(spatial, self._proxy.shape, strict=True))
        )
        block = self._read(stored)
        if self._turned:
            block = np.flip(block, self._turned)
        if self._colours:
            block = np.stack([block[name] for name in block.dtype.names or ()], axis=-1)[(..., key[-1])]
        return block.astype(self.dtype, copy=False)

    def _read(self, key: tuple[slice, ...]) -> npt.NDArray[Any]:
        if not self._keep:
            with self._lock:
                return np.asarray(self._proxy[key])
        with self._lock:
            if self._kept is None:
                self._kept = np.asarray(self._proxy.get_unscaled())
        block = self._kept[key]
        return block * self._proxy.slope + self._proxy.inter if self._scaled else block


def read(path: Path, options: ReadOptions) -> FileImage:
    """Describe a volume; axial planes unless another orientation is asked for."""
    try:
        image: Any = nib.load(path)
    except (ImageFileError, HeaderDataError) as error:
        _check_packing(path)
        raise InputError(
            f"{path.name} is not a NIfTI image that can be read: {error}. Copy or export it "
            f"again. Path: {path}"
        ) from error
    proxy = image.dataobj
    _check_whole(path, proxy)
    orientation = options.orientation or "axial"
    letters, turned = _orient(image, orientation, options.as_stored)
    volume = Volume(proxy, turned, path.name.lower().endswith((".gz", ".mgz")))
    if volume.ndim > len(letters):
        letters += "c"
    sizes, note = _sizes(image, letters)
    return FileImage(
        volume,
        letters,
        "NIfTI" if path.suffix.lower() not in (".mgh", ".mgz") else "MGH",
        sizes,
        rgb=True if letters.endswith("c") and np.dtype(proxy.dtype).fields else None,
        notes=(note,) if note else (),
    )


def _check_packing(path: Path) -> None:
    """Say it where only the name is wrong: nibabel believes the name."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed != path.name.lower().endswith((".gz", ".mgz")):
        fitting = f"{path.name}.gz" if packed else path.name[: -len(path.suffix)]
        raise InputError(
            f"{path.name} is {'' if packed else 'not '}packed with gzip, against its name. "
            f"Rename it to {fitting}."
        )


def _check_whole(path: Path, proxy: Any) -> None:
    """Refuse a file that is shorter than its header says."""
    expected = int(proxy.offset) + int(np.prod(proxy.shape)) * np.dtype(proxy.dtype).itemsize
    voxels = Path(getattr(proxy.file_like, "name", proxy.file_like))
    if voxels.name.lower().endswith((".gz", ".mgz")):
        whole, size = gzip_is_whole(voxels, expected), "fewer"
    else:
        length = voxels.stat().st_size
        whole, size = length >= expected, str(length)
    if not whole:
        raise InputError(
            f"{path.name} is cut short: its header announces {expected} bytes, the file holds {size}. "
            f"Copy or export it again. Path: {path}"
        )


def _orient(image: Any, orientation: str, as_stored: bool) -> tuple[str, tuple[int, ...]]:
    """Give a letter for each stored axis, and which axes run backwards on the screen."""
    ndim = len(image.dataobj.shape)
    later = "tc"[: max(ndim - 3, 0)] + "?" * max(ndim - 5, 0)
    if as_stored:
        return "?" * ndim, ()
    directions = nib.orientations.io_orientation(image.affine)  # type: ignore[no-untyped-call]
    letters, turned = "", []
    for axis, (world, sign) in enumerate(directions[: min(ndim, 3)]):
        if np.isnan(world):
            raise InputError(
                "The header does not say how the volume lies (its affine is singular). "
                "Name the axes as stored with axes, such as axes='xyz'."
            )
        letters += _LETTERS[orientation][int(world)]
        if (sign < 0) != (int(world) in _TURNED[orientation]):
            turned.append(axis)
    return letters + later, tuple(turned)


def _sizes(image: Any, letters: str) -> tuple[dict[str, Size], str]:
    """Voxel size in the header's unit, which is mm where it says nothing."""
    header = image.header
    space, time = header.get_xyzt_units() if hasattr(header, "get_xyzt_units") else ("mm", "sec")
    unit = {"meter": "m", "mm": "mm", "micron": "µm"}.get(space, "")
    note = "" if unit else "The header does not name the unit of the voxel size; mm was assumed."
    sizes = {}
    for letter, zoom in zip(letters, header.get_zooms(), strict=False):
        spelled = (unit or "mm") if letter in "zyx" else {"msec": "ms", "usec": "µs"}.get(time, "s")
        size = canonical(float(f"{abs(float(zoom)):.7g}"), spelled)
        if size is not None and letter in "tzyx":
            sizes[letter] = size
    return sizes, note
