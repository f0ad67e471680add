"""A linear map from features to logits: computed on the grids, brought to pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..tiles import Window
from .head import Head
from .reference import Reference

# A channel that hardly varies over the planes carries rounding errors, not information.
_SMALLEST_DEVIATION = 1e-3


class LinearHead(Head):
    """A fitted linear map from features to class logits. Subclasses fit it.

    A linear map commutes with bilinear interpolation: class logits are computed on the patch grids,
    brought to pixels and added over the blocks; the features never are.

    Attributes
    ----------
    coef_ : list of ndarray of float32, each (channels, k - 1)
        For each block, weights on the raw features. The logit of the first class is 0.
    intercept_ : ndarray of float32, shape (k - 1,)
    """

    coef_: list[npt.NDArray[np.float32]]
    intercept_: npt.NDArray[np.float32]

    def predict_logits(self, embedding: Embedding, window: Window | None = None) -> npt.NDArray[np.float32]:
        """See `Head.predict_logits`."""
        self._check(embedding)
        return linear_map(embedding, self.coef_, self.intercept_, window)

    def _tensors(self) -> dict[str, npt.NDArray[Any]]:
        return {f"coef.{i}": block for i, block in enumerate(self.coef_)} | {"intercept": self.intercept_}

    def _restore_tensors(self, tensors: dict[str, npt.NDArray[Any]]) -> None:
        """Set what `_tensors` gave."""
        self.coef_ = [tensors[f"coef.{i}"] for i in range(len(self.channels_))]
        self.intercept_ = tensors["intercept"]


def linear_map(
    embedding: Embedding,
    coef: Sequence[npt.NDArray[np.float32]],
    intercept: npt.NDArray[np.float32],
    window: Window | None = None,
) -> npt.NDArray[np.float32]:
    """Linear map of the features of each pixel.

    Parameters
    ----------
    embedding : Embedding
    coef : sequence of ndarray of float32, each (channels, m)
        One for each block.
    intercept : ndarray of float32, shape (m,)
    window : tuple of slice, optional
        The pixels that are wanted; all of them if not given.

    Returns
    -------
    ndarray of float32, shape (H, W, m), or that of the window
    """
    total: npt.NDArray[np.float32] | None = None
    bias = intercept
    for grid, weights in zip(embedding.grids, coef, strict=True):
        part = grid.map_to_pixels(weights, bias, window)
        total = part if total is None else total + part
        bias = np.zeros_like(bias)
    assert total is not None
    return total


def fold(
    coef: npt.NDArray[np.floating],
    intercept: npt.NDArray[np.floating],
    mean: npt.NDArray[np.float32],
    scale: npt.NDArray[np.float32],
    channels: Sequence[int],
) -> tuple[list[npt.NDArray[np.float32]], npt.NDArray[np.float32]]:
    """Turn a linear map of ``(features - mean) * scale`` into one of the raw features, block by block.

    Parameters
    ----------
    coef : ndarray, shape (m, channels of all blocks)
    intercept : ndarray, shape (m,)
    mean, scale : ndarray of float32, shape (channels of all blocks,)
    channels : sequence of int
        Of each block.

    Returns
    -------
    coef : list of ndarray of float32, each (channels, m)
    intercept : ndarray of float32, shape (m,)
    """
    raw = coef * scale
    blocks = np.split(raw, np.cumsum(channels)[:-1], axis=1)
    folded = [np.ascontiguousarray(block.T, dtype=np.float32) for block in blocks]
    return folded, (intercept - raw @ mean).astype(np.float32)


def standardisation(
    reference: Reference, channels: Sequence[int]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Mean of each channel, and the scale that gives it the variance 1 / (channels of its block).

    Parameters
    ----------
    reference : Reference
        Of features all over the planes rather than under the strokes: a channel that happens to be
        constant under two short strokes would otherwise be blown up everywhere else.
    channels : sequence of int
        Of each block.

    Returns
    -------
    mean, scale : ndarray of float32, shape (channels of all blocks,)
    """
    deviation = np.sqrt(reference.variance)
    floor = _SMALLEST_DEVIATION * max(float(deviation.max()), _SMALLEST_DEVIATION)
    sizes = np.repeat(channels, channels)
    scale = 1 / (np.maximum(deviation, floor) * np.sqrt(sizes))
    return reference.mean.astype(np.float32), scale.astype(np.float32)
