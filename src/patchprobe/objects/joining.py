"""Which objects of neighbouring planes are one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from .split import Instances

Pairs = npt.NDArray[np.int64]


def overlapping(below: Instances, above: Instances, mutual: bool) -> Pairs:
    """Pairs (n, 2) of objects of two neighbouring planes that lie over each other.

    Parameters
    ----------
    below, above : ndarray of int32, shape (H, W)
    mutual : bool
        Only pairs in which each is the other's largest overlap: for objects that were split in their planes,
        which any overlap would join again.
    """
    both = (below > 0) & (above > 0)
    over = np.stack([below[both], above[both]], axis=1).astype(np.int64)
    pairs, sizes = np.unique(over, axis=0, return_counts=True)
    if mutual and len(pairs):
        pairs = pairs[_is_largest(pairs[:, 0], sizes) & _is_largest(pairs[:, 1], sizes)]
    return np.asarray(pairs, dtype=np.int64)


def _is_largest(label: npt.NDArray[np.int64], sizes: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Whether each row is the first of the largest of its label."""
    order = np.lexsort((-sizes, label))
    _, first = np.unique(label[order], return_index=True)
    is_largest = np.zeros(len(label), dtype=bool)
    is_largest[order[first]] = True
    return is_largest


def joined(count: int, pairs: Pairs) -> npt.NDArray[np.int64]:
    """Group of each label 0 … count, where pairs of labels belong to one group; the smallest label names it.

    Returns
    -------
    ndarray of int64, shape (count + 1,)
    """
    ones = np.ones(len(pairs), dtype=bool)
    graph = coo_array((ones, (pairs[:, 0], pairs[:, 1])), shape=(count + 1, count + 1))
    _, group = connected_components(graph, directed=False)
    _, first = np.unique(group, return_index=True)
    names: npt.NDArray[np.int64] = first[group].astype(np.int64)
    return names
