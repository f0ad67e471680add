"""The value that everything starts from: an image stack with its axes and voxel size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..normalisation import Normalisation, estimate_normalisation
from .label_classes import LabelClasses

_PLANES_FOR_NORMALISATION = 16


@dataclass(frozen=True)
class Stack:
    """An image stack: lazy pixels, named axes, voxel size.

    Parameters
    ----------
    data : array
        Anything with ``shape``, ``dtype`` and slicing: NumPy, dask, zarr. Axes in the order of `axes`.
    axes : str
        A letter for each axis, in order: planes first (``t``, ``z``), then ``yx``, then ``c`` if there
        are channels or colours. So ``"yx"``, ``"zyx"``, ``"tyx"``, ``"tzyx"``, ``"zyxc"`` and such.
    voxel_size : tuple of float
        Size of a voxel along each axis except ``c``, in `units`. All 1 with units ``"pixel"`` where the
        file does not say.
    units : tuple of str
        Unit of each entry of `voxel_size`, such as ``"nm"``, ``"µm"``, ``"mm"``, ``"s"``, ``"pixel"``.
    name : str
        What the stack is called in lists and layer names.
    labels : array, optional
        Truth, integer, in the shape of `data` without ``c``. 0 is background or unlabelled.
    rgb : bool
        Whether the last axis holds red, green and blue rather than separate channels.
    source : str
        Where it came from: a path, or how it was made.
    notes : tuple of str
        What was guessed on loading, in sentences for the user.
    format : str
        What kind of file it came from, for people: ``"OME-TIFF"``. Empty if it was made in memory.
    voxel_size_source : str
        ``"file"`` or ``"given"``; empty where the voxel size is not known.
    channel_names : tuple of str
        One for each channel, or empty.
    classes : mapping of int to LabelClass
        Names and colours of classes, where they are known: of the numbers of a label image, or of the
        channels of probabilities, in their order.
    label_classes : mapping of int to LabelClass
        The same of the numbers of `labels`.
    """

    data: Any
    axes: str
    voxel_size: tuple[float, ...] = ()
    units: tuple[str, ...] = ()
    name: str = "stack"
    labels: Any | None = None
    rgb: bool = False
    source: str = ""
    notes: tuple[str, ...] = field(default=())
    format: str = ""
    voxel_size_source: str = ""
    channel_names: tuple[str, ...] = ()
    classes: LabelClasses = field(default_factory=dict)
    label_classes: LabelClasses = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.axes) != self.data.ndim:
            raise InputError(
                f"{self.name}: axes {self.axes!r} name {len(self.axes)} axes, but the array has "
                f"{self.data.ndim} (shape {self.data.shape}). Give one letter for each axis."
            )
        if self.axes not in _AXES:
            raise InputError(
                f"{self.name}: axes {self.axes!r} are not in the order that a stack has. "
                f"Use one of {', '.join(_AXES)}."
            )
        spatial = len(self.axes.replace("c", ""))
        if not self.voxel_size:
            object.__setattr__(self, "voxel_size", (1.0,) * spatial)
        if not self.units:
            object.__setattr__(self, "units", ("pixel",) * spatial)
        if len(self.voxel_size) != spatial or len(self.units) != spatial:
            raise InputError(
                f"{self.name}: {len(self.voxel_size)} voxel sizes and {len(self.units)} units for the "
                f"{spatial} axes {self.axes.replace('c', '')!r}. Give one of each for each axis but c."
            )

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of `data`."""
        return tuple(int(n) for n in self.data.shape)

    @property
    def plane_axes(self) -> str:
        """The letters before ``yx``; empty for a single plane."""
        return self.axes[: self.axes.index("y")]

    @property
    def plane_shape(self) -> tuple[int, int]:
        """(H, W) of a plane, in pixels."""
        start = len(self.plane_axes)
        return self.shape[start], self.shape[start + 1]

    @property
    def n_planes(self) -> int:
        """How many planes there are, over all axes before ``yx``."""
        return int(np.prod(self.shape[: len(self.plane_axes)], dtype=int))

    @property
    def n_channels(self) -> int:
        """Length of the channel axis; 1 without one."""
        return self.shape[-1] if self.axes.endswith("c") else 1

    def plane_index(self, plane: int) -> tuple[int, ...]:
        """Turn the number of a plane into an index along each axis before ``yx``."""
        if not 0 <= plane < self.n_planes:
            raise InputError(f"{self.name} has planes 0 to {self.n_planes - 1}; plane {plane} was asked for.")
        return tuple(int(i) for i in np.unravel_index(plane, self.shape[: len(self.plane_axes)]))

    def plane(self, plane: int = 0) -> npt.NDArray[Any]:
        """Read one plane into memory.

        Parameters
        ----------
        plane : int
            Number of the plane, counted over all axes before ``yx`` with the last one fastest.

        Returns
        -------
        ndarray, shape (H, W) or (H, W, C), dtype of the stack
        """
        return np.asarray(self.data[self.plane_index(plane)])

    def planes(self) -> Iterator[npt.NDArray[Any]]:
        """Read the planes one after the other."""
        return (self.plane(i) for i in range(self.n_planes))

    def label_plane(self, plane: int = 0) -> npt.NDArray[Any] | None:
        """Read the truth of one plane, (H, W), or None without truth."""
        return None if self.labels is None else np.asarray(self.labels[self.plane_index(plane)])

    def channel(self, channel: int) -> Stack:
        """Return the stack of one channel, without the axis ``c``."""
        if not self.axes.endswith("c") or not 0 <= channel < self.n_channels:
            raise InputError(
                f"{self.name} has {self.n_channels} channel(s); channel {channel} was asked for."
            )
        called = self.channel_names[channel] if self.channel_names else f"channel {channel}"
        return replace(
            self,
            data=self.data[..., channel],
            axes=self.axes[:-1],
            rgb=False,
            name=f"{self.name} [{called}]",
            channel_names=(),
            classes={},
        )

    def along(self, view: str) -> Stack:
        """Return the same volume cut into planes of another orientation, without copying it.

        Parameters
        ----------
        view : {"xy", "xz", "yz"}
            The axes in a plane: those of the stack itself, planes along ``y`` (rows ``z``, columns ``x``),
            or planes along ``x`` (rows ``z``, columns ``y``).

        Returns
        -------
        Stack
            Its letters are those of any stack: ``z`` counts its planes. Time points, channels, truth and
            voxel sizes go along.

        Raises
        ------
        InputError
            If the stack has no axis ``z``, or there is no such view.
        """
        if view not in _VIEWS:
            raise InputError(f"There is no view {view!r} of a volume. Use one of {', '.join(_VIEWS)}.")
        if "z" not in self.axes:
            raise InputError(
                f"{self.name} has the axes {self.axes!r}; other orientations need an axis z. Name the axes "
                "of the file with axes, such as axes='zyx', if its planes lie one above the other."
            )
        if view == "xy":
            return self
        at = self.axes.index("z")
        across = at + _VIEWS.index(view)
        order = [*range(at), across, *(i for i in range(at, at + 3) if i != across)]
        lead = len(order)
        return replace(
            self,
            data=_transposed(self, [*order, *range(lead, len(self.axes))]),
            voxel_size=tuple(self.voxel_size[i] for i in order),
            units=tuple(self.units[i] for i in order),
            name=f"{self.name} [{view}]",
            labels=None if self.labels is None else np.transpose(self.labels, order),
        )

    def normalisation(self) -> Normalisation:
        """Estimate the intensity range from up to 16 planes spread over the stack."""
        count = min(self.n_planes, _PLANES_FOR_NORMALISATION)
        chosen = np.unique(np.linspace(0, self.n_planes - 1, count).round().astype(int))
        return estimate_normalisation(self.plane(int(i)) for i in chosen)


# In the order of the axis that their planes follow each other along: z, y, x.
_VIEWS = ("xy", "xz", "yz")
_AXES = tuple(planes + "yx" + channel for planes in ("", "z", "t", "tz") for channel in ("", "c"))


def _transposed(stack: Stack, order: Sequence[int]) -> Any:
    """Transpose lazily, or in memory what can only be read plane by plane."""
    data = stack.data
    if not hasattr(data, "transpose"):
        data = np.stack(list(stack.planes())).reshape(stack.shape)
    return data.transpose(order)
