"""The objects of a stack, gathered plane after plane with the memory of two planes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..memory import new_array
from .find import drop_small, mask_of, separate
from .joining import Pairs, joined, overlapping
from .measure import Pieces, measure_plane, merged, put_together, table_of
from .settings import ObjectSettings
from .split import Instances

Table = dict[str, npt.NDArray[Any]]
OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class StackObjects:
    """The objects of a stack.

    Parameters
    ----------
    labels : array of int32
        In the shape of the stack without ``c``: 0 outside, objects from 1, numbered through the stack.
    table : dict of str to ndarray, each (n,)
        One row for each object in the order of the labels; see `patchprobe.objects.measure.table_of`.
    """

    labels: Any
    table: Table

    @property
    def count(self) -> int:
        """How many objects there are."""
        return len(self.table["label"])


class ObjectCollector:
    """Takes planes in order, writes their objects, measures them, and joins them through planes if wanted.

    Parameters
    ----------
    image : Stack
        What is measured.
    settings : ObjectSettings
    labels : array of int32, optional
        Where the objects are written: a NumPy array, memory map or Zarr array in the shape of the stack
        without ``c``, planes first. If not given, in memory, or in a temporary file where it would fill that.

    Raises
    ------
    InputError
        If objects are to be joined through planes of a stack without the axis z.
    """

    def __init__(self, image: Stack, settings: ObjectSettings, labels: Any = None) -> None:
        if settings.join_planes and "z" not in image.plane_axes:
            raise InputError(
                f"{image.name} has the axes {image.axes}, without z, so that objects cannot go on through "
                "its planes. Find them plane by plane."
            )
        self.image = image
        self.settings = settings.in_pixels(image.voxel_size)
        shape = image.shape[: len(image.plane_axes) + 2]
        self.labels = new_array(shape, np.int32) if labels is None else labels
        self._count = 0
        self._next = 0
        self._pieces: list[Pieces] = []
        self._pairs: list[Pairs] = []
        self._before: Instances | None = None

    def add(self, prediction: npt.NDArray[Any], classes: Sequence[int] | None = None) -> Instances:
        """Find the objects of the next plane.

        Parameters
        ----------
        prediction : ndarray, shape (H, W) or (H, W, k)
            See `find_objects`.
        classes : sequence of int, optional

        Returns
        -------
        ndarray of int32, shape (H, W)
            With numbers that go on from the plane before; not yet joined with it.
        """
        plane, index = self._next, self.image.plane_index(self._next)
        instances, count = separate(*mask_of(prediction, self.settings, classes), self.settings)
        if not self.settings.join_planes:
            instances, count = drop_small(instances, count, self.settings.min_size)
        instances = np.where(instances > 0, instances + np.int32(self._count), 0).astype(np.int32)
        self._count += count
        self.labels[index] = instances
        z = index[-1] if "z" in self.image.plane_axes else None
        self._pieces.append(measure_plane(instances, self.image.plane(plane), plane, z))
        if self.settings.join_planes:
            self._join(instances, is_first=z == 0)
        self._next += 1
        return instances

    def _join(self, instances: Instances, is_first: bool) -> None:
        if self._before is not None and not is_first:
            self._pairs.append(overlapping(self._before, instances, self.settings.split_diameter > 0))
        self._before = instances

    def finishing(self) -> Iterator[int]:
        """Join the objects through planes and leave out small ones; yield each plane that was rewritten.

        Nothing is left to do without `join_planes`.
        """
        if not self.settings.join_planes:
            return
        pieces = put_together(self._pieces)
        pairs = np.concatenate([*self._pairs, np.empty((0, 2), np.int64)])
        group = joined(self._count, pairs)
        volume = np.zeros(self._count + 1)
        np.add.at(volume, group[pieces.label], pieces.size)
        named = np.unique(group)
        kept = named[(volume[named] >= self.settings.min_size) & (named > 0)]
        renumber = np.zeros(self._count + 1, np.int64)
        renumber[kept] = np.arange(1, len(kept) + 1)
        new = renumber[group]
        for plane in range(self._next):
            index = self.image.plane_index(plane)
            self.labels[index] = new[np.asarray(self.labels[index])].astype(np.int32)
            yield plane
        self._pieces = [merged(pieces, new[pieces.label])]

    def result(self) -> StackObjects:
        """Return what was found; after `finishing`."""
        pieces = put_together(self._pieces)
        settings = self.settings
        return StackObjects(
            self.labels, table_of(pieces, self.image, settings.number, solid=settings.join_planes)
        )


def find_objects_in_stack(
    image: Stack,
    prediction: Stack,
    settings: ObjectSettings,
    classes: Sequence[int] | None = None,
    labels: Any = None,
    on_progress: OnProgress | None = None,
) -> StackObjects:
    """Find and measure the objects of a class in a stack, plane by plane.

    Parameters
    ----------
    image : Stack
        What is measured.
    prediction : Stack
        Class labels, or the probability of each class along a last axis ``c``, or of this class without it,
        of the same planes: what `patchprobe.prediction.predict_stack` gives, or a file of it.
    settings : ObjectSettings
    classes : sequence of int, optional
        Numbers of the classes of probabilities; 1, 2, … if not given.
    labels : array of int32, optional
        See `ObjectCollector`.
    on_progress : callable, optional
        Called with (planes done, planes in all).

    Returns
    -------
    StackObjects

    Raises
    ------
    InputError
        If the shapes differ, the prediction is neither, or there is no such class.
    """
    _check(image, prediction)
    collector = ObjectCollector(image, settings, labels)
    for plane in range(image.n_planes):
        collector.add(prediction.plane(plane), classes)
        if on_progress is not None:
            on_progress(plane + 1, image.n_planes)
    for _ in collector.finishing():
        pass
    return collector.result()


def _check(image: Stack, prediction: Stack) -> None:
    lead = image.shape[: len(image.plane_axes) + 2]
    has_classes = prediction.axes.endswith("c")
    kinds = "f" if has_classes else "buif"
    if prediction.shape[: len(lead)] != lead or len(prediction.axes) - has_classes != len(lead):
        raise InputError(
            f"{prediction.name} has the shape {prediction.shape}, but {image.name} has planes of {lead}. "
            "Give labels of that shape, or probabilities with a last axis of the classes."
        )
    if np.dtype(prediction.data.dtype).kind not in kinds:
        raise InputError(
            f"{prediction.name} holds {prediction.data.dtype}; labels are whole numbers, and probabilities "
            "are floating-point with one channel for each class. Give what 'patchprobe predict' wrote."
        )
