"""Predicting every image of a folder with one probe: bad files are named and passed over."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Generator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .backbones import Backbone
from .errors import InputError
from .io import Stack, load_stack
from .io.formats import ZARR, format_by_suffix, is_zarr, suffix_of
from .io.replace_file import written_beside
from .prediction import Kind
from .prediction_file import PlaneDone, predict_to, probe_digest
from .steps import TileDone
from .store import default_store

if TYPE_CHECKING:
    from .fusion import Fusion
    from .probe import Probe

# Which predictions of a folder are finished, and what they were made of.
RECORD = "patchprobe.json"
_VERSION = 1
_PARTIAL = ".partial.zarr"


@dataclass(frozen=True)
class ImageDone:
    """One image of the folder is finished, or was given up.

    Parameters
    ----------
    path : Path
        The image.
    number, total : int
        Which of how many images it is, from 1.
    output : Path or None
        Its prediction.
    error : str
        Why there is none; empty if all went well.
    skipped : bool
        Whether the prediction was there already.
    """

    path: Path
    number: int
    total: int
    output: Path | None
    error: str = ""
    skipped: bool = False


@dataclass(frozen=True)
class ImageStep:
    """A plane of one image is finished. `number` of `total` images, from 1."""

    path: Path
    number: int
    total: int
    plane: PlaneDone | TileDone


def find_images(folder: str | os.PathLike[str], pattern: str = "*") -> list[Path]:
    """List the images of a folder that can be read, by their names; hidden ones are left out.

    Raises
    ------
    InputError
        If there is no such folder, or no image in it.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise InputError(f"There is no folder {root}. Give the folder that holds the images.")
    found = [path for path in sorted(root.iterdir()) if fnmatch(path.name, pattern) and _is_image(path)]
    if not found:
        raise InputError(
            f"{root} holds no image that can be read{f' and is named {pattern}' if pattern != '*' else ''}. "
            "Check the folder and the pattern; images in folders inside it do not count."
        )
    return found


def apply_to_folder(
    folder: str | os.PathLike[str],
    probe: Probe,
    output: str | os.PathLike[str],
    pattern: str = "*",
    kind: Kind = "labels",
    suffix: str = ".ome.tif",
    backbone: str | Backbone | None = None,
    load: Callable[[Path], Stack] = load_stack,
    restart: bool = False,
    fusion: Fusion | None = None,
) -> Generator[ImageStep | ImageDone, None, list[ImageDone]]:
    """Predict every image of a folder, each with its own range of intensities.

    What a run before finished with the same probe is not predicted again, and one that was stopped within an
    image goes on there.

    Parameters
    ----------
    folder : path-like
    probe : Probe
        Fitted or loaded.
    output : path-like
        Another folder, made if it is not there; holds ``NAME_prediction.ome.tif`` for ``NAME.tif``.
    pattern : str
        Names of the images, with ``*`` and ``?``.
    kind : {"labels", "probabilities"}
        See `patchprobe.prediction.predict_stack`.
    suffix : str
        Format of the predictions; see `patchprobe.io.save_stack`.
    backbone : str or Backbone, optional
        That of the probe if not given.
    load : callable
        Opens an image.
    restart : bool
        Predict all of them again.
    fusion : Fusion, optional
        See `patchprobe.predict_to`.

    Yields
    ------
    ImageStep, ImageDone
        After each plane, and after each image.

    Returns
    -------
    list of ImageDone
        One for each image; those with an `error` have no prediction.

    Raises
    ------
    InputError
        If the folder holds no image, or the predictions cannot be written anywhere.
    """
    images = find_images(folder, pattern)
    target = Path(output).expanduser()
    if target.resolve() == Path(folder).expanduser().resolve():
        raise InputError(
            f"{target} holds the images themselves. Choose another folder for the predictions, "
            "which would be taken for images the next time."
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{target} cannot be made: {error.strerror}. Choose another folder.") from error
    record = {} if restart else _read_record(target)
    digest = probe_digest(probe)
    names = _output_names(images, "prediction" if kind == "labels" else "probabilities", suffix)
    finished = []
    for number, (path, name) in enumerate(zip(images, names, strict=True), start=1):
        done = partial(ImageDone, path, number, len(images))
        made_of = [digest, kind, *_state(path), *([] if fusion is None else [repr(fusion)])]
        if record.get(name) == made_of and (target / name).exists():
            result = done(target / name, skipped=True)
        else:
            try:
                stack = load(path)
                store = default_store(stack)
                work = predict_to(target / name, stack, probe, None, kind, backbone, store, restart, fusion)
                for step in work:
                    yield ImageStep(path, number, len(images), step)
                result = done(target / name)
                record[name] = made_of
                _write_record(target, record)
            except (InputError, MemoryError) as error:
                result = done(None, error=str(error) or "there is not enough memory for it")
        finished.append(result)
        yield result
    return finished


def _is_image(path: Path) -> bool:
    if path.name.startswith(".") or path.name.endswith(_PARTIAL):
        return False
    if path.is_dir():
        return is_zarr(path) or suffix_of(path) in ZARR.suffixes
    return format_by_suffix(path) is not None


def _output_names(images: list[Path], what: str, suffix: str) -> list[str]:
    """Name predictions after their images; images that differ in the suffix only keep it."""
    stems = [path.name[: len(path.name) - len(suffix_of(path))] for path in images]
    counts = Counter(stems)
    return [
        f"{stem if counts[stem] == 1 else path.name}_{what}{suffix}"
        for path, stem in zip(images, stems, strict=True)
    ]


def _state(path: Path) -> list[int]:
    """Return what changes when an image is written again."""
    state = path.stat()
    return [state.st_size, state.st_mtime_ns]


def _read_record(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    known = isinstance(read, dict) and read.get("version") == _VERSION
    return dict(read["files"]) if known else {}


def _write_record(folder: Path, files: dict[str, Any]) -> None:
    with written_beside(folder / RECORD) as beside:
        beside.write_text(json.dumps({"version": _VERSION, "files": files}, indent=1), encoding="utf-8")
