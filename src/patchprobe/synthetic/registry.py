"""The modalities by name, and images, masks and stacks of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from . import atlas, calcium, connectomics, em, histology, mri, tracking
from .shapes import Shape

Sample = tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]
Size = int | tuple[int, int]


@dataclass(frozen=True)
class Modality:
    """One kind of synthetic image.

    Parameters
    ----------
    name : str
        Key in `MODALITIES`.
    title : str
        What people call it.
    foreground : str
        What the mask marks.
    voxel_size : tuple of float
        Along (z or t, y, x), in `units`: the size that such images typically have.
    units : tuple of str
        Unit of each entry of `voxel_size`.
    make : callable, optional
        Draws one image (H, W, 3) and its mask (H, W). None for movies.
    colour : bool
        Whether the three channels differ.
    """

    name: str
    title: str
    foreground: str
    voxel_size: tuple[float, float, float]
    units: tuple[str, str, str]
    make: Callable[[np.random.Generator, Shape], Sample] | None
    colour: bool = False

    @property
    def is_movie(self) -> bool:
        """Whether images are frames of one movie and masks hold identities."""
        return self.make is None


_NM, _UM, _MM = ("nm",) * 3, ("µm",) * 3, ("mm",) * 3

MODALITIES: dict[str, Modality] = {
    modality.name: modality
    for modality in (
        Modality("em", "Electron microscopy", "vesicles", (50, 8, 8), _NM, em.make),
        Modality("mri", "Structural MRI", "lesion", (2, 2, 2), _MM, mri.make, colour=True),
        Modality("histology", "Histology", "nuclei", (5, 1, 1), _UM, histology.make, colour=True),
        Modality("connectomics", "Connectomics", "neurites", (30, 6, 6), _NM, connectomics.make),
        Modality("atlas", "Anatomical atlas", "regions", (100, 50, 50), _UM, atlas.make, colour=True),
        Modality("calcium", "Calcium imaging", "neurons", (10, 2, 2), _UM, calcium.make),
        Modality("tracking", "Cell tracking", "cells", (60, 1, 1), ("s", "µm", "µm"), None),
    )
}


def get_modality(name: str) -> Modality:
    """Return the modality of that name, or say which there are."""
    if name not in MODALITIES:
        raise InputError(f"There is no synthetic modality {name!r}. Use one of {', '.join(MODALITIES)}.")
    return MODALITIES[name]


def generate(
    modality: str, n: int = 1, size: Size = 128, seed: int = 0
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8 | np.uint16]]:
    """Generate images of a modality with their truth (report A, §3.2).

    Parameters
    ----------
    modality : str
        A key of `MODALITIES`: em, mri, histology, connectomics, atlas, calcium or tracking.
    n : int
        Number of images; for tracking, of frames of one movie.
    size : int or (int, int)
        Side of a square image, or (H, W), in pixels. The reports use 64 and 128. Structures scale with
        the shorter side.
    seed : int
        Not negative. Equal seeds give equal images on every machine; sample `i` does not depend on `n`.

    Returns
    -------
    images : ndarray of float32, shape (n, H, W, 3)
        RGB in [0, 1]. Greyscale modalities repeat one channel.
    masks : ndarray of uint8, shape (n, H, W)
        0 background, 1 foreground. For tracking uint16: 0 background, else the identity, 1, 2, …, which
        a circle keeps from frame to frame.

    Raises
    ------
    InputError
        If the modality is not known, or `n`, `size` or `seed` is out of range.
    """
    chosen = get_modality(modality)
    shape = check_request(n, size, seed)
    # The modality is part of the entropy: equal seeds must not put circles of two modalities at equal places.
    root = np.random.SeedSequence([seed, list(MODALITIES).index(modality)])
    whole, *samples = (np.random.Generator(np.random.PCG64(child)) for child in root.spawn(n + 1))
    masks: npt.NDArray[np.uint8 | np.uint16]
    if chosen.make is None:
        images, masks = tracking.make_movie(whole, samples, shape)
    else:
        pairs = [chosen.make(rng, shape) for rng in samples]
        images = np.stack([image for image, _ in pairs])
        masks = np.stack([mask for _, mask in pairs])
    return np.clip(images, 0, 1, out=images), masks


def stack(modality: str, n: int = 10, size: Size = 128, seed: int = 0) -> Stack:
    """Generate a stack of a modality, with truth, axes and voxel size.

    Parameters
    ----------
    modality, n, size, seed
        As for `generate`.

    Returns
    -------
    Stack
        Axes ``"zyxc"`` for colour, ``"zyx"`` for grey, ``"tyx"`` for tracking; float32 in [0, 1]. The planes
        are independent images, except for tracking. `labels` holds classes as a probe knows them, 1
        background and 2 foreground; for tracking 0 and the identities.
    """
    chosen = get_modality(modality)
    images, masks = generate(modality, n, size, seed)
    data: Any = images if chosen.colour else np.ascontiguousarray(images[..., 0])
    return Stack(
        data=data,
        axes=("t" if chosen.is_movie else "z") + ("yxc" if chosen.colour else "yx"),
        voxel_size=chosen.voxel_size,
        units=chosen.units,
        name=f"{chosen.title} (synthetic)",
        labels=masks if chosen.is_movie else masks + np.uint8(1),
        rgb=chosen.colour,
        source=f"patchprobe.synthetic.stack({modality!r}, n={n}, size={size}, seed={seed})",
    )


def check_request(n: int, size: Size, seed: int) -> Shape:
    """Return (H, W), or say which argument cannot be used."""
    shape = (size, size) if isinstance(size, int | np.integer) else tuple(size)
    if len(shape) != 2 or min(shape) < 1:
        raise InputError(f"size is {size!r}; give the side in pixels, or (height, width), each at least 1.")
    if n < 1:
        raise InputError(f"n is {n}; at least one image must be asked for.")
    if seed < 0:
        raise InputError(f"seed is {seed}; give a whole number from 0 on.")
    return int(shape[0]), int(shape[1])
