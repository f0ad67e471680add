"""A project: several images whose strokes feed one probe, saved and reopened as it was left."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .image_key import image_key
from .io import Stack, load_stack, save_stack
from .io.contents import list_datasets
from .io.replace_file import written_beside
from .strokes_file import StrokeClass, StrokesCard, StrokesFile

if TYPE_CHECKING:
    from .probe import Probe

_KIND, _VERSION = "patchprobe project", 1
_SUFFIX = ".json"
_SAVED, _PROBE = "saved-", "probe.safetensors"


@dataclass(frozen=True, eq=False)
class ProjectImage:
    """One image of a project.

    Parameters
    ----------
    stack : Stack
        Of an image that is missing only the description, with zeros for its pixels.
    strokes : mapping of int to ndarray of uint8, shape (H, W)
        By number of plane; 0 unlabelled. Empty where nothing is painted.
    channel : int, optional
        Which channel of its file the stack is.
    is_used : bool
        Whether its strokes feed the probe.
    note : str
        What is wrong with its file, and what to do; empty if all is well.
    is_missing : bool
        Whether the file is gone, or holds another image now.
    key : str
        By which a missing image is known again; see `patchprobe.image_key.image_key`.
    """

    stack: Stack
    strokes: Mapping[int, npt.NDArray[np.uint8]]
    channel: int | None = None
    is_used: bool = True
    note: str = ""
    is_missing: bool = False
    key: str = ""


@dataclass(frozen=True)
class ProjectView:
    """How a project was left.

    Parameters
    ----------
    backbone : str
    classes : tuple of StrokeClass
        In the order in which they are listed.
    selected : int
        Class that the brush paints.
    live : bool
        Whether each stroke refits the probe.
    overlay : str
        ``"labels"`` or ``"probability"``.
    overlay_class : int
        Whose probability is shown.
    opacity : float
        Of the overlay, 0 to 1.
    image, plane : int
        Numbers of the image and of its plane that were looked at.
    classifier : str
        Registered name of what is fitted.
    decision_weights : mapping of int to float
        What multiplies the probability of a class.
    """

    backbone: str
    classes: tuple[StrokeClass, ...]
    selected: int = 1
    live: bool = True
    overlay: str = "labels"
    overlay_class: int = 1
    opacity: float = 0.5
    image: int = 0
    plane: int = 0
    classifier: str = "linear"
    decision_weights: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Project:
    """Images with strokes, one probe, and how it was left.

    Parameters
    ----------
    images : tuple of ProjectImage
    view : ProjectView
    probe : Probe, optional
        A probe from a file, which the strokes add to. That of the strokes is fitted again.

    Examples
    --------
    ``Project.load("cells.json").training()`` gives what `LinearProbe.fit` needs.
    """

    images: tuple[ProjectImage, ...]
    view: ProjectView
    probe: Probe | None = field(default=None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is wrong with files of images, in sentences."""
        return tuple(image.note for image in self.images if image.note)

    def training(self) -> Iterator[tuple[Stack, int, npt.NDArray[np.uint8]]]:
        """Give stack, number of plane and strokes (H, W) of every plane that feeds the probe."""
        for image in self.images:
            if image.is_used and not image.is_missing:
                for plane, strokes in image.strokes.items():
                    yield image.stack, plane, strokes

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the project: a small JSON file, and a folder ``NAME_files`` beside it.

        The folder holds strokes, the probe, and those images that have no file of their own. Paths of images
        are kept relative to the project, so that both can be moved together.

        Returns
        -------
        Path
            The JSON file. A run that is killed leaves the project as it was before.

        Raises
        ------
        InputError
            If it cannot be written.
        """
        target = Path(path).expanduser()
        target = target if target.suffix else target.with_suffix(_SUFFIX)
        files = _files_of(target)
        saved = files / f"{_SAVED}{uuid.uuid4().hex[:8]}"
        try:
            with written_beside(target) as beside:
                saved.mkdir(parents=True)
                listed = [self._write_image(image, number, saved) for number, image in enumerate(self.images)]
                if self.probe is not None:
                    self.probe.save(saved / _PROBE)
                content = {
                    "kind": _KIND,
                    "version": _VERSION,
                    "saved": saved.name,
                    "view": asdict(self.view),
                    "images": listed,
                }
                beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
        except BaseException:
            shutil.rmtree(saved, ignore_errors=True)
            raise
        for older in files.glob(f"{_SAVED}*"):
            if older != saved:
                shutil.rmtree(older, ignore_errors=True)
        return target

    def _write_image(self, image: ProjectImage, number: int, saved: Path) -> dict[str, Any]:
        stack = image.stack
        source = Path(stack.source) if stack.source else None
        key = image.key if image.is_missing else image_key(stack)
        if source is None or not (image.is_missing or source.exists()):
            source = saved.parent / "images" / f"{key}.ome.zarr"
            if not source.exists():
                source.parent.mkdir(exist_ok=True)
                save_stack(source, stack)
        if image.strokes:
            card = StrokesCard(stack.name, str(source), self.view.backbone, self.view.classes)
            StrokesFile.create(_strokes_path(saved, number), stack, card).write(image.strokes, card)
        return {
            "path": _relative(source, saved.parent.parent),
            "name": stack.name,
            "key": key,
            "shape": list(stack.shape),
            "axes": stack.axes,
            "voxel_size": list(stack.voxel_size),
            "units": list(stack.units),
            "rgb": stack.rgb,
            "channel": image.channel,
            "is_used": image.is_used,
        }

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Project:
        """Open a project; nothing of the images is read but what tells that they are the same.

        Images that are gone are in it with their strokes, and named in `notes`.

        Raises
        ------
        InputError
            If there is no such file, it is none of a project, or of a newer version.
        """
        from .probe import load_probe

        source = Path(path).expanduser()
        content = _read(source)
        saved = _files_of(source) / content["saved"]
        try:
            view = dict(content["view"])
            view["decision_weights"] = {int(c): w for c, w in view["decision_weights"].items()}
            view["classes"] = tuple(StrokeClass(**known) for known in view["classes"])
            images = tuple(
                _read_image(about, source.parent, _strokes_path(saved, number))
                for number, about in enumerate(content["images"])
            )
            probe = load_probe(saved / _PROBE) if (saved / _PROBE).is_file() else None
            return cls(images, ProjectView(**view), probe)
        except (KeyError, TypeError) as error:
            raise InputError(
                f"{source} is damaged: {error} is missing or wrong. Open a copy of it."
            ) from error


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"There is no file {path}. Give the .json file of a saved project.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a project: {error}.") from error
    if not isinstance(content, dict) or content.get("kind") != _KIND:
        raise InputError(f"{path} is not a saved project. Choose the .json file that was saved as one.")
    if content["version"] > _VERSION:
        raise InputError(f"{path} was saved by a newer patchprobe. Update patchprobe to open it.")
    return content


def _read_image(about: Mapping[str, Any], root: Path, strokes: Path) -> ProjectImage:
    path = (root / about["path"]).resolve()
    stack, note = _find(path, about)
    painted = dict(StrokesFile(strokes).read()) if strokes.exists() else {}
    return ProjectImage(
        _as_left(stack or _placeholder(about), path, about),
        painted,
        about["channel"],
        about["is_used"],
        note,
        stack is None,
        about["key"],
    )


def _find(path: Path, about: Mapping[str, Any]) -> tuple[Stack | None, str]:
    """Open the image of a file that has the pixels it had; say what is wrong where there is none."""
    if not path.exists():
        return None, (
            f"{about['name']} is not at {path} any more. Its strokes are kept: put the file back there, or "
            "move the project with it, and open the project again."
        )
    wanted, alike = tuple(about["shape"]), None
    try:
        for stack in _candidates(path, about["channel"]):
            if stack.shape == wanted:
                if image_key(stack) == about["key"]:
                    return stack, ""
                alike = alike or stack
    except InputError as error:
        return None, f"{about['name']} cannot be opened: {error}"
    if alike is not None:
        return (
            alike,
            f"{about['name']} has other pixels than when the project was saved. Look at its strokes.",
        )
    return None, (
        f"{path} holds no image of the shape {wanted} any more. The strokes of {about['name']} are kept: "
        "put the file back, and open the project again."
    )


def _candidates(path: Path, channel: int | None) -> Iterator[Stack]:
    """List the images that a file can be opened as."""
    names: list[str | None] = [candidate.name for candidate in list_datasets(path)]
    for dataset in names or [None]:
        stack = load_stack(path, dataset=dataset)
        yield stack
        if channel is not None and channel < stack.n_channels and stack.axes.endswith("c"):
            yield stack.channel(channel)


def _placeholder(about: Mapping[str, Any]) -> Stack:
    return Stack(np.broadcast_to(np.uint8(0), tuple(about["shape"])), about["axes"])


def _as_left(stack: Stack, path: Path, about: Mapping[str, Any]) -> Stack:
    """Give a stack the name, axes and voxel size that it had in the project."""
    return replace(
        stack,
        name=about["name"],
        axes=about["axes"],
        voxel_size=tuple(about["voxel_size"]),
        units=tuple(about["units"]),
        rgb=about["rgb"],
        source=str(path),
    )


def _files_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}_files")


def _strokes_path(saved: Path, number: int) -> Path:
    return saved / f"strokes-{number}.zarr"


def _relative(path: Path, root: Path) -> str:
    """Path from the folder of the project; the whole path where they share no drive."""
    try:
        return Path(os.path.relpath(path.resolve(), root.resolve())).as_posix()
    except ValueError:
        return str(path)
