"""The work of the Load widget, as generators of values: reading headers and first planes.

Nothing here knows a window or a layer. Each yield is a place to stop.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from . import synthetic
from ._layer_data import LayerData, layer_data
from .io import Stack, describe, load_stack
from .io.contents import StoredImage, list_datasets, stored_image

SERIAL = "serial"
_THUMBNAIL = 64


@dataclass(frozen=True)
class FileRequest:
    """Which file to open, and what to take instead of what it says. The fields are those of `load_stack`.

    Parameters
    ----------
    path : str
    dataset, axes, voxel_size, orientation : str, optional
    isotropic : bool
    rgb : bool, optional
    """

    path: str
    dataset: str | None = None
    axes: str | None = None
    voxel_size: str | None = None
    orientation: str | None = None
    isotropic: bool = False
    rgb: bool | None = None

    def stack(self) -> Stack:
        """Read the header."""
        return load_stack(
            self.path,
            self.axes,
            self.voxel_size,
            dataset=self.dataset,
            orientation=None if self.axes else self.orientation,
            isotropic=self.isotropic,
            rgb=self.rgb,
        )


@dataclass(frozen=True)
class SampleRequest:
    """Which synthetic stack to make.

    Parameters
    ----------
    modality : str
        A key of `synthetic.MODALITIES`, or ``"serial"`` for displaced serial sections.
    n, size, seed : int
        Planes, side in pixels, and seed.
    """

    modality: str
    n: int
    size: int
    seed: int

    def stack(self) -> Stack:
        """Generate it."""
        if self.modality == SERIAL:
            return synthetic.serial_sections(self.n, self.size, self.seed).to_stack()
        return synthetic.stack(self.modality, self.n, self.size, self.seed)


Request = FileRequest | SampleRequest


@dataclass(frozen=True)
class Datasets:
    """The data sets that a file offers, in words, by name; empty if it holds one image."""

    labels: dict[str, str]


@dataclass(frozen=True)
class Preview:
    """What a file would become.

    Parameters
    ----------
    request : FileRequest
    stack : Stack
    stored : StoredImage
    line : str
        The stack in one line.
    """

    request: FileRequest
    stack: Stack
    stored: StoredImage
    line: str


@dataclass(frozen=True)
class Opened:
    """A stack, ready to become layers.

    Parameters
    ----------
    line : str
        The stack in one line.
    layers : list of LayerData
    """

    line: str
    layers: list[LayerData]


def read_preview(request: FileRequest) -> Generator[Datasets | None, None, Preview]:
    """Read the header of a file.

    Yields
    ------
    Datasets
        First, if there is such a file, so that one can be chosen even where none is the likeliest.

    Raises
    ------
    InputError
        If there is no such file, it is damaged, or what was asked for does not fit it.
    """
    if Path(request.path).expanduser().exists():
        found = list_datasets(request.path)
        yield Datasets({candidate.name: str(candidate) for candidate in found} if len(found) > 1 else {})
    stack = request.stack()
    yield None
    # The name of a data set may follow that of its file.
    inner = Path(request.path).expanduser().relative_to(stack.source).as_posix()
    dataset = request.dataset or (None if inner == "." else inner)
    stored = stored_image(stack.source, dataset, request.orientation)
    return Preview(request, stack, stored, describe(stack))


def open_stack(request: Request) -> Generator[None, None, Opened]:
    """Make the layers of a file or a sample, the first plane that is shown read on the way.

    Raises
    ------
    InputError
        As `read_preview`, and if a plane is damaged: here, rather than when the window draws it.
    """
    stack = request.stack()
    yield
    stack.plane(stack.n_planes // 2)
    yield
    layers = layer_data(stack)
    yield
    return Opened(describe(stack), layers)


def sample_titles() -> dict[str, str]:
    """Names of the samples for people, by `SampleRequest.modality`."""
    return {SERIAL: "EM sections, displaced"} | {
        name: modality.title for name, modality in synthetic.MODALITIES.items()
    }


def sample_truth(modality: str) -> str:
    """Say what the truth of a sample marks."""
    return "membranes" if modality == SERIAL else synthetic.MODALITIES[modality].foreground


def draw_thumbnails() -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    """Draw a small picture of each sample.

    Yields
    ------
    tuple of (str, ndarray of uint8, shape (64, 64, 3))
    """
    for name in synthetic.MODALITIES:
        images, _ = synthetic.generate(name, 1, _THUMBNAIL)
        yield name, np.rint(images[0] * 255).astype(np.uint8)
    grey = synthetic.serial_sections(1, _THUMBNAIL).images[0]
    yield SERIAL, np.repeat(grey[..., None], 3, axis=2)


def for_fields(note: str) -> str:
    """Name the fields of the widget where a note of a stack names the parameters of `load_stack`."""
    note = re.sub(r"Give it as voxel_size,.*$", "Fill it in under Voxel.", note)
    return re.sub(r"give axes(?:, for example axes)?='(\w+)'", r"write \1 under Axes", note)
