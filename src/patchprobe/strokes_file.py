"""Strokes on the disk: an OME-Zarr of labels that only takes the space of what is painted."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr

from .errors import InputError
from .io import Stack, label_classes
from .io.save_zarr import LEVEL, create, get_plane, put_plane
from .label_file import LabelPlane

_KIND, _VERSION = "strokes", 1
_ATTRIBUTE = "patchprobe"
_EDGE = 512


@dataclass(frozen=True)
class StrokeClass:
    """One class of strokes.

    Parameters
    ----------
    number : int
        Label, 1 or more.
    name : str
    color : str
        ``"#rrggbb"``.
    """

    number: int
    name: str
    color: str


@dataclass(frozen=True)
class StrokesCard:
    """What strokes are of, and what they mean.

    Parameters
    ----------
    image : str
        Name of the image.
    source : str
        Its file; empty where it has none.
    backbone : str
        Features that the probe on them uses.
    classes : tuple of StrokeClass
        In the order in which they are listed.
    saved : str
        When they were written, in UTC, as ISO 8601 has it.
    """

    image: str
    source: str
    backbone: str
    classes: tuple[StrokeClass, ...]
    saved: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the card as JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, read: Mapping[str, Any]) -> StrokesCard:
        """Make the card of what `to_json` gave."""
        classes = tuple(StrokeClass(**known) for known in read["classes"])
        return cls(read["image"], read["source"], read["backbone"], classes, read["saved"])


class StrokesFile:
    """Strokes of one image in a Zarr store: planes are written one by one, and each is whole at any time.

    The store is an image of labels that `load_stack`, ``patchprobe fit`` and other programs read.

    Parameters
    ----------
    path : path-like
        A store that `create` made.

    Raises
    ------
    InputError
        If there is none, or it is damaged or of a newer version.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            group = zarr.open_group(self.path, mode="r+")
            about: Any = group.attrs.get(_ATTRIBUTE)
            if not isinstance(about, dict) or about.get("kind") != _KIND or about["version"] > _VERSION:
                raise InputError(
                    f"{self.path} does not hold strokes that this version of patchprobe knows. "
                    "Choose another file, or update patchprobe."
                )
            self.card = StrokesCard.from_json(about["card"])
            array: Any = group[LEVEL]
            self._array = array
            self._stack = _labels(array.shape, about["axes"])
        except (OSError, KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"The strokes in {self.path} cannot be read: {error}. Choose another file."
            ) from error

    @classmethod
    def create(cls, path: str | os.PathLike[str], stack: Stack, card: StrokesCard) -> StrokesFile:
        """Make a store without strokes.

        Parameters
        ----------
        path : path-like
            Where there is nothing yet.
        stack : Stack
            The image that the strokes are on.
        card : StrokesCard

        Raises
        ------
        InputError
            If it cannot be written.
        """
        axes = stack.axes.replace("c", "")
        labels = replace(
            stack,
            data=_labels(stack.shape[: len(axes)], axes).data,
            axes=axes,
            name=f"strokes on {stack.name}",
            labels=None,
            rgb=False,
            channel_names=(),
            classes=label_classes(
                {known.number: known.name for known in card.classes},
                {known.number: known.color for known in card.classes},
            ),
        )
        with _writing(Path(path)):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            create(Path(path), labels, _EDGE)
            group = zarr.open_group(path, mode="r+")
            group.attrs[_ATTRIBUTE] = {
                "kind": _KIND,
                "version": _VERSION,
                "axes": axes,
                "card": replace(card, saved=_now()).to_json(),
            }
        return cls(path)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the strokes: that of the image without ``c``."""
        return self._stack.shape

    def write(self, planes: Mapping[int, npt.NDArray[np.uint8]], card: StrokesCard) -> None:
        """Write planes, (H, W) each, and the card; other planes stay as they are.

        Raises
        ------
        InputError
            If there is no room, or the store is gone.
        """
        with _writing(self.path):
            for plane, strokes in planes.items():
                put_plane(self._array, self._stack, plane, strokes)
            # Last, since the time of saving says that all of it is there.
            self.card = replace(card, saved=_now())
            group = zarr.open_group(self.path, mode="r+")
            about: Any = group.attrs[_ATTRIBUTE]
            group.attrs[_ATTRIBUTE] = about | {"card": self.card.to_json()}

    def read(self) -> Iterator[LabelPlane]:
        """Read the planes that carry strokes.

        Yields
        ------
        tuple of (int, ndarray of uint8)
            Number of the plane and its strokes (H, W).
        """
        for plane in self._stored_planes():
            try:
                strokes = get_plane(self._array, self._stack, plane)
            except (OSError, ValueError, RuntimeError) as error:
                raise InputError(
                    f"Plane {plane} of the strokes in {self.path} is damaged: {error}."
                ) from error
            if strokes.any():
                yield plane, strokes

    def _stored_planes(self) -> list[int]:
        """Numbers of the planes of which anything is stored; found without reading them."""
        lead = self._stack.shape[: len(self._stack.plane_axes)]
        if not lead:
            return [0]
        folders = (self.path / LEVEL / "c").glob("/".join("*" * len(lead)))
        found = (tuple(int(part) for part in folder.parts[-len(lead) :]) for folder in folders)
        return sorted(int(np.ravel_multi_index(at, lead)) for at in found)


def _labels(shape: tuple[int, ...], axes: str) -> Stack:
    """Describe strokes of a shape; what is not written reads as 0 and takes no memory."""
    return Stack(np.broadcast_to(np.uint8(0), shape), axes)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Turn errors of the disk into words."""
    try:
        yield
    except (OSError, KeyError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            f"Strokes could not be saved in {path}: {reason}. They are all still in the window. "
            "Free some space, or check the permissions of the folder."
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
