"""Decision trees as plain arrays: saved without code, and evaluated the same wherever they are loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Feature vectors that are walked down together: 69 channels of them stay inside the second-level cache.
_ROWS = 8192


@dataclass(frozen=True, eq=False)
class Tree:
    """One decision tree.

    Parameters
    ----------
    feature : ndarray of int, shape (n,)
        Channel that a node asks for.
    threshold : ndarray of float64, shape (n,)
        Vectors whose channel is at most this go left.
    left, right : ndarray of int, shape (n,)
        Children.
    is_leaf : ndarray of bool, shape (n,)
        Leaves ask for nothing: what they say in the arrays above is ignored.
    value : ndarray, shape (n, m)
        What a leaf adds to the sum.
    """

    feature: npt.NDArray[np.integer]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.integer]
    right: npt.NDArray[np.integer]
    is_leaf: npt.NDArray[np.bool_]
    value: npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class TreeArrays:
    """Many trees whose leaves are summed.

    Parameters
    ----------
    channels : ndarray of int32, shape (c,)
        The channels that any node asks for, ascending.
    feature : ndarray of int32, shape (n,)
        Index in `channels`.
    threshold : ndarray of float32, shape (n,)
        Infinite in leaves.
    children : ndarray of int32, shape (n, 2)
        Left and right; a leaf is its own child.
    value : ndarray of float32, shape (n, m)
    roots, depths : ndarray of int32, shape (trees,)
    """

    channels: npt.NDArray[np.int32]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    children: npt.NDArray[np.int32]
    value: npt.NDArray[np.float32]
    roots: npt.NDArray[np.int32]
    depths: npt.NDArray[np.int32]

    @classmethod
    def of(cls, trees: Sequence[Tree]) -> TreeArrays:
        """Join trees."""
        sizes = [len(tree.feature) for tree in trees]
        roots = (np.cumsum(sizes) - sizes).astype(np.int32)
        is_leaf = np.concatenate([tree.is_leaf for tree in trees])
        of_tree = [np.stack([tree.left, tree.right], axis=1) for tree in trees]
        below = np.concatenate([pairs + root for pairs, root in zip(of_tree, roots, strict=True)])
        itself = np.arange(len(is_leaf))[:, None]
        children = np.where(is_leaf[:, None], itself, below).astype(np.int32)
        threshold = _single(np.concatenate([tree.threshold for tree in trees]))
        asked = np.concatenate([tree.feature for tree in trees]).astype(np.int32)
        channels = np.unique(asked[~is_leaf])
        return cls(
            channels=channels,
            feature=np.where(is_leaf, 0, np.searchsorted(channels, asked)).astype(np.int32),
            threshold=np.where(is_leaf, np.float32(np.inf), threshold),
            children=children,
            value=np.concatenate([tree.value for tree in trees]).astype(np.float32),
            roots=roots,
            depths=np.array([_depth(children, root) for root in roots], dtype=np.int32),
        )

    def evaluate(self, features: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Sum the leaves that feature vectors fall into.

        Parameters
        ----------
        features : ndarray of float32, shape (n, c)
            Of `channels` only; fastest channel-first in memory.

        Returns
        -------
        ndarray of float32, shape (n, m)
        """
        out = np.empty((len(features), self.value.shape[1]), dtype=np.float32)
        # The types that NumPy looks up with, so that it converts nothing at each step.
        feature, children = self.feature.astype(np.intp), self.children.astype(np.intp).ravel()

        def fill(start: int) -> None:
            block = np.ascontiguousarray(features[start : start + _ROWS].T, dtype=np.float32)
            rows = block.shape[1]
            flat, at, offset = block.ravel(), np.arange(rows), feature * rows
            total = np.zeros((rows, self.value.shape[1]), dtype=np.float32)
            for root, depth in zip(self.roots, self.depths, strict=True):
                node = np.full(rows, root, dtype=np.intp)
                for _ in range(depth):
                    asked = flat.take(at + offset.take(node))
                    node = children.take(2 * node + (asked > self.threshold.take(node)))
                total += self.value.take(node, axis=0)
            out[start : start + _ROWS] = total

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(fill, range(0, len(features), _ROWS)))
        return out

    def tensors(self) -> dict[str, npt.NDArray[np.generic]]:
        """Give the arrays by name."""
        return dict(vars(self))


def _single(threshold: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Round down to single precision: ``x <= threshold`` stays the same for every x in single precision."""
    with np.errstate(over="ignore"):
        rounded = threshold.astype(np.float32)
    return np.where(rounded > threshold, np.nextafter(rounded, np.float32(-np.inf)), rounded)


def _depth(children: npt.NDArray[np.int32], root: int) -> int:
    """Count the steps from the root to the deepest leaf."""
    level, depth = np.array([root]), -1
    while level.size:
        depth += 1
        below = children[level]
        level = np.unique(below[below != level[:, None]])
    return depth
