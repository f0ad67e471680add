"""The loss of the segmentation head and its exact gradient, in bounded memory.

Logits are ``z = b + Σ U_i (X_i - m_i) S_i v_i`` over the feature blocks i: cells X standardised by mean m and
scale S, weights v, bilinear upsampling U. All of it is linear, so that the gradient is that of the loss in
z taken back through the transposes, ``∂L/∂v_i = S_i (X_i - m_i)ᵀ U_iᵀ ∂L/∂z``. Features are read as the grids
hold them, a few thousand cells at a time; they are never upsampled.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..blas import one_blas_thread
from ..grid import PatchGrid
from ..half_precision import SCALE, widen

# Cells that are widened to single precision at a time: they stay inside the second-level cache.
_BLOCK = 4096
# Keeps the Dice of a class that is nowhere predicted finite, in pixels.
_DICE_FLOOR = 1e-6


@dataclass(frozen=True)
class LossWeights:
    """Weights of cross-entropy, of 1 - mean Dice, and of half the squared norm of what is fitted."""

    cross_entropy: float
    dice: float
    penalty: float


@dataclass(frozen=True)
class LabelledPlane:
    """The grids of one plane and the truth where there is one.

    Parameters
    ----------
    grids : tuple of PatchGrid
    labelled : ndarray of bool, shape (H, W)
    classes : ndarray of int, shape (n,)
        Class of each labelled pixel, in raster order, counted from 0.
    """

    grids: tuple[PatchGrid, ...]
    labelled: npt.NDArray[np.bool_]
    classes: npt.NDArray[np.intp]


@dataclass(frozen=True)
class SegObjective:
    """Loss and gradient as a function of one vector, for `scipy.optimize.minimize`.

    Parameters
    ----------
    planes : sequence of LabelledPlane
    mean, scale : ndarray of float32, shape (channels of all blocks,)
        Standardisation, ``(features - mean) * scale``.
    n_classes : int
        At least 2. The logit of the first class is 0.
    weights : LossWeights
    """

    planes: Sequence[LabelledPlane]
    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    n_classes: int
    weights: LossWeights

    @property
    def size(self) -> int:
        """Length of the vector."""
        return (len(self.mean) + 1) * (self.n_classes - 1)

    def unpack(
        self, vector: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Split a vector into weights (channels, k - 1) on standardised features, and intercept (k - 1,)."""
        table = vector.reshape(len(self.mean) + 1, self.n_classes - 1)
        return table[:-1], table[-1]

    def __call__(self, vector: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        """Loss and its gradient, in the layout of `vector`."""
        coef, intercept = self.unpack(vector)
        with one_blas_thread():
            probabilities = [self._probabilities(plane, coef, intercept) for plane in self.planes]
            loss, slope_of_dice = self._loss(probabilities)
            gradient = np.zeros((len(coef) + 1, self.n_classes - 1))
            for plane, p in zip(self.planes, probabilities, strict=True):
                gradient += self._gradient(plane, self._slope(p, plane.classes, slope_of_dice))
        penalty = self.weights.penalty
        gradient[:-1] += penalty * coef
        return loss + penalty / 2 * float((coef**2).sum()), gradient.ravel()

    def _probabilities(
        self, plane: LabelledPlane, coef: npt.NDArray[np.float64], intercept: npt.NDArray[np.float64]
    ) -> npt.NDArray[np.float64]:
        """Probability of each class at the labelled pixels (k, n)."""
        raw = coef * self.scale[:, None]
        bias = intercept - self.mean @ raw
        logits = np.zeros((self.n_classes, len(plane.classes)))
        for grid, weights in zip(plane.grids, self._by_block(plane, raw), strict=True):
            cells = grid.project(weights.astype(np.float32), bias.astype(np.float32))
            logits[1:] += np.moveaxis(grid.upsample(cells), 2, 0)[:, plane.labelled]
            bias = np.zeros_like(bias)
        logits -= logits.max(axis=0)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=0)
        return logits

    def _loss(
        self, probabilities: Sequence[npt.NDArray[np.float64]]
    ) -> tuple[float, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
        """Loss without the penalty, and ∂L/∂p of its Dice part: (k,) off the class's pixels, (k,) on them."""
        k = self.n_classes
        entropy, overlap, predicted, painted = 0.0, np.zeros(k), np.zeros(k), np.zeros(k)
        for plane, p in zip(self.planes, probabilities, strict=True):
            right = p[plane.classes, np.arange(len(plane.classes))]
            entropy -= float(np.log(np.maximum(right, np.finfo(float).tiny)).sum())
            overlap += np.bincount(plane.classes, weights=right, minlength=k)
            painted += np.bincount(plane.classes, minlength=k)
            predicted += p.sum(axis=1)
        both = predicted + painted + _DICE_FLOOR
        dice = 2 * overlap / both
        loss = self.weights.cross_entropy * entropy / self._pixels + self.weights.dice * (1 - dice.mean())
        off = self.weights.dice / k * dice / both
        return float(loss), (off, off - self.weights.dice / k * 2 / both)

    def _slope(
        self,
        p: npt.NDArray[np.float64],
        classes: npt.NDArray[np.intp],
        slope_of_dice: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    ) -> npt.NDArray[np.float32]:
        """∂L/∂z (k - 1, n) of the second and later classes, of cross-entropy and Dice together."""
        off, on = slope_of_dice
        here = np.arange(len(classes))
        in_p = np.repeat(off[:, None], len(classes), axis=1)
        in_p[classes, here] = on[classes]
        in_p -= (p * in_p).sum(axis=0)
        in_p += self.weights.cross_entropy / self._pixels
        in_p *= p
        in_p[classes, here] -= self.weights.cross_entropy / self._pixels
        return in_p[1:].astype(np.float32)

    def _gradient(self, plane: LabelledPlane, slope: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Part of the gradient (channels + 1, k - 1) that one plane gives."""
        at_pixels = np.zeros((len(slope), *plane.labelled.shape), dtype=np.float32)
        at_pixels[:, plane.labelled] = slope
        parts = []
        for grid, mean in zip(plane.grids, self._by_block(plane, self.mean), strict=True):
            parts.append(_features_times(grid, mean, _to_cells(grid, at_pixels)))
        in_raw = np.concatenate(parts) * self.scale[:, None]
        return np.vstack([in_raw, slope.sum(axis=1, dtype=np.float64)])

    def _by_block(
        self, plane: LabelledPlane, values: npt.NDArray[np.floating]
    ) -> list[npt.NDArray[np.floating]]:
        return np.split(values, np.cumsum([grid.channels for grid in plane.grids])[:-1])

    @property
    def _pixels(self) -> int:
        return sum(len(plane.classes) for plane in self.planes)


def _to_cells(grid: PatchGrid, at_pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Transpose of `PatchGrid.upsample`: values (k, H, W) at pixels, summed into cells (k, rows, cols)."""
    if grid.is_dense:
        return at_pixels
    along_y, along_x = grid.interpolation
    return np.stack([(along_x.T @ (along_y.T @ channel).T).T for channel in at_pixels])


def _features_times(
    grid: PatchGrid, mean: npt.NDArray[np.floating], values: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Sum ``(features - mean)ᵀ values`` over the cells, (channels, k); values are (k, rows, cols)."""
    total = np.zeros((grid.channels, len(values)))
    for (rows, cols), features in grid.tiles():
        channel_first, here = np.moveaxis(features, 2, 0), values[:, rows, cols]
        step = max(1, _BLOCK // channel_first.shape[2])
        blocks = [slice(start, start + step) for start in range(0, channel_first.shape[1], step)]

        def product(
            block: slice,
            features: npt.NDArray[np.floating] = channel_first,
            values: npt.NDArray[np.float32] = here,
        ) -> npt.NDArray[np.float32]:
            centred = _single(features[:, block]).reshape(len(features), -1)
            centred -= mean[:, None]
            part: npt.NDArray[np.float32] = centred @ values[:, block].reshape(len(values), -1).T
            return part

        # Added up in the order of the blocks, whichever thread is first: equal data give an equal sum.
        with ThreadPoolExecutor(min(os.cpu_count() or 1, len(blocks))) as pool:
            for part in pool.map(product, blocks):
                total += part
    return total


def _single(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Copy in single precision."""
    if features.dtype != np.float16:
        return features.astype(np.float32)
    wide = widen(features, np.empty(features.shape, dtype=np.int32))
    wide *= SCALE
    return wide
