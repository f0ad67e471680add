"""Cubic voxels from flat ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .lazy import dask_array
from .stack import Stack


def resample_isotropic(stack: Stack) -> Stack:
    """Resample a stack linearly so that its voxels are cubes of the smallest edge.

    Planes are computed when they are read, each from the two source planes around it; of the truth, from the
    nearer one. The centre of the first voxel stays where it is.

    Parameters
    ----------
    stack : Stack
        With an axis ``z``; time points and channels are kept.

    Returns
    -------
    Stack
        Lazy, of the same dtype, with its truth.

    Raises
    ------
    InputError
        If there is no axis ``z`` or its unit differs from that of ``y`` and ``x``.
    """
    if "z" not in stack.axes:
        raise InputError(
            f"{stack.name} has the axes {stack.axes!r}; isotropic voxels need an axis z. Leave out "
            "isotropic, or name the axes of the file with axes, such as axes='zyx'."
        )
    sizes = dict(zip(stack.axes.replace("c", ""), stack.voxel_size, strict=True))
    units = {unit for a, unit in zip(stack.axes.replace("c", ""), stack.units, strict=True) if a != "t"}
    if len(units) > 1:
        raise InputError(f"{stack.name}: voxel sizes in {', '.join(sorted(units))}; give them in one unit.")
    edge = min(sizes[a] for a in "zyx")
    if all(np.isclose(sizes[a], edge, rtol=1e-3) for a in "zyx"):
        return stack
    factors = tuple(sizes[a] / edge for a in "zyx")
    source = _Resampled(stack, factors)
    return replace(
        stack,
        data=dask_array(source, source.chunks),
        voxel_size=tuple(sizes[a] if a == "t" else edge for a in stack.axes.replace("c", "")),
        labels=None if stack.labels is None else _resampled_truth(stack, factors),
        notes=(*stack.notes, f"Resampled to cubic voxels of {edge:g} {stack.units[-1]}."),
    )


def _resampled_truth(stack: Stack, factors: tuple[float, ...]) -> Any:
    truth = replace(stack, data=stack.labels, axes=stack.axes.replace("c", ""), labels=None, rgb=False)
    source = _Resampled(truth, factors, nearest=True)
    return dask_array(source, source.chunks)


class _Resampled:
    """The resampled array, one plane at a time; labels are not mixed but taken from the nearest."""

    def __init__(self, stack: Stack, factors: tuple[float, ...], nearest: bool = False) -> None:
        self._stack = stack
        self._nearest = nearest
        self._step = 1 / factors[0]
        at = stack.axes.index("z")
        grown = [
            int(np.floor((size - 1) * factor + 1e-6)) + 1
            for size, factor in zip(stack.shape[at : at + 3], factors, strict=True)
        ]
        self._in_plane = factors[1:]
        self.shape = (*stack.shape[:at], *grown, *stack.shape[at + 3 :])
        self.dtype = np.dtype(stack.data.dtype)
        self.ndim = len(self.shape)
        self.chunks = (*((1,) * (at + 1)), *self.shape[at + 1 :])

    def __getitem__(self, key: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        lead = len(self._stack.plane_axes)
        planes = [
            range(*part.indices(size)) if isinstance(part, slice) else range(int(part), int(part) + 1)
            for part, size in zip(key[:lead], self.shape, strict=False)
        ]
        shape = tuple(len(r) for r in planes)
        block = np.empty((*shape, *self.shape[lead:]), self.dtype)
        for position in np.ndindex(*shape):
            block[position] = self._plane([r[i] for r, i in zip(planes, position, strict=True)])
        kept = tuple(slice(None) if isinstance(part, slice) else 0 for part in key[:lead])
        return np.asarray(block[kept + tuple(key[lead:])])

    def _plane(self, index: list[int]) -> npt.NDArray[Any]:
        depth = index[-1] * self._step
        if self._nearest:
            return self._nearest_plane(index[:-1], depth)
        below = min(int(depth), self._stack.shape[len(index) - 1] - 1)
        weight = depth - below
        plane = np.asarray(self._stack.data[(*index[:-1], below)], dtype=np.float32)
        if weight > 1e-6:
            above = np.asarray(self._stack.data[(*index[:-1], below + 1)], dtype=np.float32)
            plane = (1 - weight) * plane + weight * above
        if self._in_plane != (1.0, 1.0):
            from scipy import ndimage

            shape = self.shape[len(index) :]
            matrix = [1 / factor for factor in self._in_plane] + [1.0] * (plane.ndim - 2)
            plane = ndimage.affine_transform(plane, matrix, output_shape=shape, order=1, mode="nearest")
        if self.dtype.kind in "iu":
            info = np.iinfo(self.dtype)
            plane = np.clip(np.rint(plane), info.min, info.max)
        return plane.astype(self.dtype)

    def _nearest_plane(self, lead: list[int], depth: float) -> npt.NDArray[Any]:
        planes, *shape = self._stack.shape[len(lead) :]
        plane = np.asarray(self._stack.data[(*lead, min(round(depth), planes - 1))])
        grown = self.shape[len(lead) + 1 :]
        rows, cols = (
            np.minimum(np.rint(np.arange(n) / factor).astype(int), length - 1)
            for n, factor, length in zip(grown, self._in_plane, shape, strict=True)
        )
        return plane[np.ix_(rows, cols)]
