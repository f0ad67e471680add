"""Cosine similarity between all patches of two sections, and what the reports read from it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..errors import InputError
from ..grid import PatchGrid
from .cells import Features, Mask, comparable_grids

# 1 GiB of float32, far more than 128 × 128 px of patches against as many.
_MOST_PAIRS = 1 << 28


def patch_correlation(a: Features, b: Features) -> npt.NDArray[np.float32]:
    """Cosine similarity between each patch of one section and each of another (report A, §3.1).

    Parameters
    ----------
    a, b : Embedding, PatchGrid or array_like
        An array is (n_patches, channels) or (rows, cols, channels). Dense grids, such as those of
        ``filters``, are averaged to at most 64 × 64 cells first; see `comparison_grid` for their layout.

    Returns
    -------
    ndarray of float32, shape (n_a, n_b)
        −1 to 1, patches row by row. A patch of zeros, or one that is not finite, is similar to nothing: 0.

    Raises
    ------
    InputError
        If the two differ in channels or were made by different backbones, or if the matrix would not fit
        into 1 GiB.
    """
    flat_a, flat_b = _flat_pair(a, b)
    if len(flat_a) * len(flat_b) > _MOST_PAIRS:
        raise InputError(
            f"The correlation of {len(flat_a)} with {len(flat_b)} patches would take "
            f"{len(flat_a) * len(flat_b) * 4 / 2**30:.0f} GiB. Use a backbone with larger patches, or a crop."
        )
    return np.asarray(np.clip(_unit_rows(flat_a) @ _unit_rows(flat_b).T, -1, 1))


def _flat_pair(a: Features, b: Features) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    if any(isinstance(features, Embedding | PatchGrid) for features in (a, b)):
        grids = comparable_grids(a, b)
        return tuple(grid.array.reshape(-1, grid.channels) for grid in grids)  # type: ignore[return-value]
    arrays = [np.asarray(features, dtype=np.float32) for features in (a, b)]
    for array in arrays:
        if array.ndim not in (2, 3) or array.size == 0:
            raise InputError(
                f"Features must be (n_patches, channels) or (rows, cols, channels); got shape {array.shape}."
            )
    if arrays[0].shape[-1] != arrays[1].shape[-1]:
        raise InputError(
            f"The two sections have {arrays[0].shape[-1]} and {arrays[1].shape[-1]} feature channels. "
            "Embed both with the same backbone."
        )
    return tuple(array.reshape(-1, array.shape[-1]) for array in arrays)  # type: ignore[return-value]


def _unit_rows(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Each row divided by its length; rows of zeros, or not finite, become zeros."""
    rows = features.astype(np.float32)
    rows[~np.isfinite(rows).all(axis=1)] = 0
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1))


def median_offset(
    similarity: npt.NDArray[np.float32], fixed_mask: Mask, moving_mask: Mask
) -> tuple[float, float]:
    """Median over patches of the offset to their best match (report A, §3.1).

    Parameters
    ----------
    similarity : ndarray, shape (n_fixed, n_moving)
    fixed_mask, moving_mask : ndarray of bool, shape (rows, cols)
        Patches that count; the others match nothing.

    Returns
    -------
    tuple of float
        (dy, dx) in patches.
    """
    fixed, moving = np.argwhere(fixed_mask), np.argwhere(moving_mask)
    best = similarity[fixed_mask.ravel()][:, moving_mask.ravel()].argmax(axis=1)
    dy, dx = np.median(moving[best] - fixed, axis=0)
    return float(dy), float(dx)


def strongest_offset(
    similarity: npt.NDArray[np.float32], fixed_mask: Mask, moving_mask: Mask
) -> tuple[int, int]:
    """Offset of the single most similar pair of patches (report B, §3.1).

    Report B goes over all pairs of patches and takes the translation of the highest correlation; this
    takes it by the word. Where several pairs tie to within 1e-5, as repeated or noise-free content makes
    them, the offset that most of them share wins, and among those the shortest.

    Returns
    -------
    tuple of int
        (dy, dx) in patches.
    """
    fixed, moving = np.argwhere(fixed_mask), np.argwhere(moving_mask)
    among = similarity[fixed_mask.ravel()][:, moving_mask.ravel()]
    rows, cols = np.nonzero(among >= among.max() - 1e-5)
    offsets, counts = np.unique(moving[cols] - fixed[rows], axis=0, return_counts=True)
    commonest = offsets[counts == counts.max()]
    dy, dx = commonest[np.abs(commonest).sum(axis=1).argmin()]
    return int(dy), int(dx)
