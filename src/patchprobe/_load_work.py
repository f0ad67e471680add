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

from . import datasets, synthetic
from ._layer_data import LayerData, layer_data
from .io import Stack, describe, load_stack
from .io.contents import StoredImage, list_datasets, stored_image
from .io.levels import viewable_level
from .io.slide import level_shapes

SERIAL = "serial"
# What stands for the kind of file of a known data set, whose loader leaves nothing to mend.
KNOWN_SET = "dataset"
_THUMBNAIL = 64


@dataclass(frozen=True)
class FileRequest:
    """Which file to open, and what to take instead of what it says. The fields are those of `load_stack`.

    Parameters
    ----------
    path : str
    dataset, axes, voxel_size, orientation : str, optional
        In a folder of a known data set, `dataset` is one of its items.
    isotropic : bool
    rgb : bool, optional
    level : int, optional
        Of a slide; the finest that a window can show if not given.
    """

    path: str
    dataset: str | None = None
    axes: str | None = None
    voxel_size: str | None = None
    orientation: str | None = None
    isotropic: bool = False
    rgb: bool | None = None
    level: int | None = None

    @property
    def known_set(self) -> str | None:
        """Name of the data set that a folder is of, unless it is to be read otherwise."""
        mended = self.axes or self.voxel_size or self.isotropic or self.rgb is not None
        return None if mended or not Path(self.path).expanduser().is_dir() else datasets.recognise(self.path)

    def stack(self) -> Stack:
        """Read the header."""
        name = self.known_set
        if name is not None:
            return datasets.load(name, self.path, self.dataset)
        return load_stack(
            self.path,
            self.axes,
            self.voxel_size,
            dataset=self.dataset,
            orientation=None if self.axes else self.orientation,
            isotropic=self.isotropic,
            rgb=self.rgb,
            level=viewable_level(Path(self.path).expanduser()) if self.level is None else self.level,
        )


@dataclass(frozen=True)
class DatasetRequest:
    """Which public data set to open.

    Parameters
    ----------
    name : str
    folder : str
        Where it is, or is to be downloaded to.
    item : str, optional
        Which of what is in the folder; the first if not given.
    """

    name: str
    folder: str
    item: str | None = None

    def stack(self) -> Stack:
        """Open it with its truth."""
        return datasets.load(self.name, self.folder, self.item)


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


Request = FileRequest | SampleRequest | DatasetRequest


@dataclass(frozen=True)
class Datasets:
    """The data sets that a file offers, or the items of a known data set, by name; empty if there is one.

    Parameters
    ----------
    labels : dict of str
        In words, by name.
    first_is_meant : bool
        Whether the first of them is opened where none is named.
    """

    labels: dict[str, str]
    first_is_meant: bool = False


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
    levels : tuple of (int, int)
        (H, W) of each level of a slide; empty otherwise.
    """

    request: FileRequest
    stack: Stack
    stored: StoredImage
    line: str
    levels: tuple[tuple[int, int], ...] = ()


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
    path = Path(request.path).expanduser()
    name = request.known_set
    if name is not None:
        items = datasets.items(name, path)
        yield Datasets({item: item for item in items} if len(items) > 1 else {}, first_is_meant=True)
        stack = request.stack()
        return Preview(request, stack, StoredImage(stack.axes, stack.shape, KNOWN_SET), _line(name, stack))
    if path.exists():
        found = list_datasets(request.path)
        yield Datasets({candidate.name: str(candidate) for candidate in found} if len(found) > 1 else {})
    stack = request.stack()
    yield None
    # The name of a data set may follow that of its file.
    inner = path.relative_to(stack.source).as_posix()
    dataset = request.dataset or (None if inner == "." else inner)
    stored = stored_image(stack.source, dataset, request.orientation)
    levels = level_shapes(path) if stored.format_module == "slide" else ()
    return Preview(request, stack, stored, describe(stack), levels)


def _line(name: str, stack: Stack) -> str:
    truth = "with truth" if stack.labels is not None else "without truth"
    return f"{datasets.get_dataset(name).title}, {truth} · {describe(stack)}"


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
