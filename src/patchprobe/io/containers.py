"""Choosing the image among the data sets of a container (HDF5, Zarr)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError

_LABEL_WORDS = (
    "label", "mask", "seg", "truth", "gt", "cleft", "annotation", "ids", "synapse", "mito", "neuron",
    "membrane", "prediction", "probabilit", "affinit", "weight", "table", "skeleton", "mesh",
)  # fmt: skip
_IMAGE_WORDS = ("raw", "image", "img", "data", "volume", "em", "exported_data", "t0", "s0", "main")
_SMALLEST_EDGE = 8
_MOST_LISTED = 20


@dataclass(frozen=True)
class Candidate:
    """A data set that could be an image.

    Parameters
    ----------
    name : str
        Path inside the container.
    shape : tuple of int
    dtype : dtype
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def is_image_like(self) -> bool:
        """Whether it has numbers on at least two axes of some length."""
        long = sum(size >= _SMALLEST_EDGE for size in self.shape)
        return self.dtype.kind in "buif" and 2 <= len(self.shape) <= 6 and long >= 2

    @property
    def rank(self) -> int:
        """0 for names that say image, 2 for those that say labels, 1 for others."""
        last = self.name.rstrip("/").rpartition("/")[2].lower()
        path = self.name.lower()
        if any(word in path for word in _LABEL_WORDS) and last not in _IMAGE_WORDS:
            return 2
        return 0 if last in _IMAGE_WORDS or any(word in path for word in ("raw", "image")) else 1

    def __str__(self) -> str:
        return f"{self.name} ({'×'.join(map(str, self.shape))} {self.dtype})"


def choose_dataset(candidates: Sequence[Candidate], wanted: str | None, path: Path) -> tuple[str, str]:
    """Pick the data set to open.

    Parameters
    ----------
    candidates : sequence of Candidate
        All data sets of the container.
    wanted : str, optional
        Name given by the caller; a unique ending will do.
    path : Path
        For messages.

    Returns
    -------
    tuple of (str, str)
        The name, and a note if there were others to choose from.

    Raises
    ------
    InputError
        If the wanted one is not there, none is an image, or several are equally likely.
    """
    if wanted is not None:
        return _named(candidates, wanted, path), ""
    images = [c for c in candidates if c.is_image_like]
    if not images:
        inside = f" It holds {_listed(candidates)}." if candidates else " It holds no data set."
        raise InputError(
            f"{path.name} has no data set that is an image (numbers on two axes or more).{inside} "
            "Check that the right file was opened."
        )
    best = min(c.rank for c in images)
    likely = [c for c in images if c.rank == best]
    if len(likely) > 1:
        raise InputError(
            f"{path.name} holds {len(images)} data sets that could be the image: {_listed(images)}. "
            f"Choose one with dataset={likely[0].name!r}."
        )
    others = [c for c in images if c is not likely[0]]
    note = f"The data set {likely[0].name!r} was opened; the file also holds {_listed(others)}."
    return likely[0].name, note if others else ""


def _named(candidates: Sequence[Candidate], wanted: str, path: Path) -> str:
    clean = wanted.strip("/")
    exact = [c.name for c in candidates if c.name == clean]
    ending = [c.name for c in candidates if c.name.endswith("/" + clean)]
    found = exact or ending
    if len(found) != 1:
        problem = f"is {len(found)} times in" if found else "is not in"
        raise InputError(
            f"The data set {wanted!r} {problem} {path.name}. It holds {_listed(candidates)}. "
            "Give one of these as dataset."
        )
    return found[0]


def _listed(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "nothing"
    more = len(candidates) - _MOST_LISTED
    text = ", ".join(str(c) for c in candidates[:_MOST_LISTED])
    return text + (f" and {more} more" if more > 0 else "")
