"""From a painted label image to training rows: strokes, their pixels and their features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from ..embedding import Embedding
from ..errors import InputError
from .origin import Origin
from .reference import Reference

if TYPE_CHECKING:
    from ..io import Stack

# A filled area says little more than an even sample of it; this bounds the fit, not what one may paint.
_MOST_ROWS_PER_PLANE = 4096
_MOST_CLASSES = 255


@dataclass(frozen=True, eq=False)
class Context:
    """What an auto-context probe saw around the training rows of a plane.

    Parameters
    ----------
    features : ndarray of float32, shape (n, channels)
    reference : Reference
        All over the plane.
    """

    features: npt.NDArray[np.float32]
    reference: Reference


@dataclass(frozen=True, eq=False)
class TrainingRows:
    """Labelled feature vectors of one plane, with the strokes that they belong to.

    A value: as long as a plane's strokes do not change, its rows need not be read again.

    Parameters
    ----------
    features : ndarray of float32, shape (n, channels)
        All blocks of the embedding side by side.
    classes : ndarray of int, shape (n,)
        Class of each row, 1 and up.
    strokes : ndarray of int, shape (n,)
        Which stroke each row comes from, counted from 0 within the plane.
    weights : ndarray of float64, shape (n,)
        How many painted pixels a row stands for.
    points : ndarray of int, shape (n, 2)
        Pixel (y, x) of each row; of merged rows, the first.
    reference : Reference
        Of features on an even raster over the whole plane, labelled or not: what is usual in this image.
    channels : tuple of int
        Channels of each block.
    backbone, version : str
        What made the embedding.
    origin : Origin
        What image the plane is of.
    context : Context, optional
        Surroundings, where an auto-context probe was fitted on the rows.
    """

    features: npt.NDArray[np.float32]
    classes: npt.NDArray[np.intp]
    strokes: npt.NDArray[np.intp]
    weights: npt.NDArray[np.float64]
    points: npt.NDArray[np.intp]
    reference: Reference
    channels: tuple[int, ...]
    backbone: str
    version: str
    origin: Origin
    context: Context | None = None

    def part(self, chosen: npt.NDArray[np.bool_]) -> TrainingRows:
        """Return the rows that are chosen, as if only they were painted."""
        around = self.context
        return replace(
            self,
            features=self.features[chosen],
            classes=self.classes[chosen],
            strokes=self.strokes[chosen],
            weights=self.weights[chosen],
            points=self.points[chosen],
            context=around and replace(around, features=around.features[chosen]),
        )


def check_labels(labels: npt.ArrayLike, image_shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return `labels` as a label image of that shape, else say what is wrong with it."""
    array = np.asarray(labels)
    if array.shape != image_shape:
        raise InputError(
            f"The label image is {array.shape}, but the plane that was embedded is {image_shape}. "
            "Labels must have one entry for each pixel of the plane."
        )
    if array.dtype == bool:
        array = array.astype(np.uint8)
    if not np.issubdtype(array.dtype, np.integer):
        raise InputError(
            f"Labels must be whole numbers (0 unlabelled, classes 1, 2, …); got {array.dtype}. "
            "Convert them first, for example with labels.astype('uint8')."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > _MOST_CLASSES:
        raise InputError(
            f"Labels run from {low} to {high}; classes must be 1 to {_MOST_CLASSES} and 0 means unlabelled. "
            "An image of instances has to be turned into classes first, for example with (labels > 0) + 1."
        )
    return array.astype(np.uint8, copy=False)


def find_strokes(labels: npt.NDArray[np.integer]) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Find the painted pixels and which stroke each belongs to.

    Parameters
    ----------
    labels : ndarray of int, shape (H, W)
        0 unlabelled, classes from 1.

    Returns
    -------
    points : ndarray of int, shape (n, 2)
        Painted pixels (y, x), stroke by stroke, each in raster order.
    strokes : ndarray of int, shape (n,)
        Number of the stroke: connected pixels (eight neighbours) of one class, counted from 0.
    """
    # Ten times as fast as `numpy.nonzero` on a large plane, of which little is painted.
    found_at = cv2.findNonZero((labels != 0).view(np.uint8))
    if found_at is None:
        return np.empty((0, 2), dtype=np.intp), np.empty(0, dtype=np.intp)
    cols, rows = found_at.reshape(-1, 2).T.astype(np.intp)
    top, left = rows.min(), cols.min()
    # Strokes cover little of a large plane, so components are sought in their bounding box only.
    painted = labels[top : rows.max() + 1, left : cols.max() + 1]
    classes = labels[rows, cols]
    strokes = np.empty(rows.size, dtype=np.intp)
    count = 0
    for class_ in np.unique(classes):
        found, components = cv2.connectedComponents((painted == class_).view(np.uint8), connectivity=8)
        inside = classes == class_
        strokes[inside] = components[rows[inside] - top, cols[inside] - left] - 1 + count
        count += found - 1
    order = np.argsort(strokes, kind="stable")
    return np.stack([rows, cols], axis=1)[order], strokes[order]


def thin(strokes: npt.NDArray[np.intp], most: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Choose rows evenly along each stroke, so that a filled area does not crowd out a thin stroke.

    Parameters
    ----------
    strokes : ndarray of int, shape (n,)
        Stroke of each row, in ascending order.
    most : int
        Rows wanted at most. Each stroke keeps one in any case.

    Returns
    -------
    kept : ndarray of int
        Chosen rows, ascending.
    stands_for : ndarray of float64, same shape
        How many rows each chosen one stands for; sums to n.
    """
    _, starts, sizes = np.unique(strokes, return_index=True, return_counts=True)
    quotas = np.minimum(sizes, _fair_share(sizes, most))
    kept = np.concatenate(
        [
            start + (np.arange(quota) * size) // quota
            for start, size, quota in zip(starts, sizes, quotas, strict=True)
        ]
    )
    return kept, np.repeat(sizes / quotas, quotas)


def _fair_share(sizes: npt.NDArray[np.intp], most: int) -> int:
    """Find the largest share such that strokes, each cut to it, have `most` rows in all; at least 1."""
    left = most
    for remaining, size in zip(range(len(sizes), 0, -1), np.sort(sizes), strict=True):
        if size * remaining > left:
            return max(1, left // remaining)
        left -= int(size)
    return int(sizes.max())


def read_rows(embedding: Embedding, labels: npt.ArrayLike, stack: Stack | None = None) -> TrainingRows:
    """Sample an embedding at the painted pixels of a label image.

    Parameters
    ----------
    embedding : Embedding
    labels : array_like of int, shape (H, W)
        0 unlabelled, classes 1 to 255.
    stack : Stack, optional
        What the plane is of, so that a probe can say later how other images differ.

    Returns
    -------
    TrainingRows
        Equal rows of one stroke are merged into one with their summed weight. Planes with more than
        4096 painted pixels are thinned, every stroke by its own measure.

    Raises
    ------
    InputError
        If the label image has another shape than the plane, or holds anything but class numbers.
    """
    checked = check_labels(labels, embedding.image_shape)
    points, strokes = find_strokes(checked)
    stands_for = np.ones(len(points))
    if len(points) > _MOST_ROWS_PER_PLANE:
        kept, stands_for = thin(strokes, _MOST_ROWS_PER_PLANE)
        points, strokes = points[kept], strokes[kept]
    features, first, weights = _merge_equal(embedding.sample(points), strokes, stands_for)
    return TrainingRows(
        features=features,
        classes=checked[tuple(points[first].T)].astype(np.intp),
        strokes=strokes[first],
        weights=weights,
        points=points[first],
        reference=Reference.of(embedding.raster),
        channels=embedding.channels,
        backbone=embedding.backbone,
        version=embedding.version,
        origin=Origin.of(embedding.normalisation, stack),
    )


def check_same_source(rows: Sequence[TrainingRows | Embedding]) -> None:
    """Refuse embeddings of different backbones in one probe."""
    sources = {(part.backbone, part.version, part.channels) for part in rows}
    if len(sources) > 1:
        listed = ", ".join(
            sorted(f"{name} (version {version}, {channels} channels)" for name, version, channels in sources)
        )
        raise InputError(
            f"One probe needs embeddings of one backbone; got {listed}. Embed all images with the same "
            "backbone, and with the same number of colour channels."
        )


def _merge_equal(
    features: npt.NDArray[np.float32], strokes: npt.NDArray[np.intp], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Merge equal rows of a stroke; return the rows left, where each first stood, and the summed weights."""
    if len(features) == 0:
        return features, np.empty(0, dtype=np.intp), np.empty(0)
    key = np.column_stack([strokes.astype(np.float32), features])
    packed = np.ascontiguousarray(key).view(np.dtype((np.void, key.dtype.itemsize * key.shape[1]))).ravel()
    _, first, group = np.unique(packed, return_index=True, return_inverse=True)
    summed = np.bincount(group, weights=weights)
    order = np.argsort(first)
    return features[first[order]], first[order], np.asarray(summed[order], dtype=np.float64)
