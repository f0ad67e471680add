"""Getting a data set: resumed, checked against what is known of it, unpacked."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from ..errors import InputError
from ..io.describe import bytes_in_words
from .registry import get_dataset
from .resuming import ResumingDownloader
from .spec import DatasetSpec, RemoteFile
from .unpack import unpacking

_FOLDER_VARIABLE = "PATCHPROBE_DATASETS"
_RECORD_SUFFIX = ".sha256"
_SPARE_BYTES = 100 << 20


@dataclass(frozen=True)
class Progress:
    """How far a download is.

    Parameters
    ----------
    step : str
        What goes on: ``"snemi.zip, MB"`` or ``"unpacking snemi.zip"``.
    done, total : int
        Megabytes or entries; `total` is at least 1.
    """

    step: str
    done: int
    total: int


OnProgress = Callable[[Progress], None]


def default_folder(name: str) -> Path:
    """Say where `download` puts a data set: below ``PATCHPROBE_DATASETS``, or the user's folder for data."""
    below = os.environ.get(_FOLDER_VARIABLE)
    root = Path(below).expanduser() if below else platformdirs.user_data_path("patchprobe") / "datasets"
    return root / get_dataset(name).name


def download(
    name: str,
    to: str | os.PathLike[str] | None = None,
    parts: tuple[str, ...] = (),
    on_progress: OnProgress | None = None,
) -> Path:
    """Download a data set, or what is missing of it.

    Parameters
    ----------
    name : str
        As `get_dataset` takes it.
    to : str or path, optional
        The folder of the set; `default_folder` if not given.
    parts : tuple of str
        Which of `DatasetSpec.parts`; the usual ones if empty.
    on_progress : callable, optional
        Called with a `Progress` often. What it raises stops the download; a later call goes on from there.

    Returns
    -------
    Path
        The folder, as `load` takes it.

    Raises
    ------
    InputError
        If the set needs a registration, has no such part, cannot be reached, does not fit on the disk,
        or what came is not what was published.
    """
    spec = get_dataset(name)
    folder = default_folder(name) if to is None else Path(to).expanduser()
    with closing(downloading(spec, folder, parts)) as steps:
        for progress in steps:
            if on_progress is not None:
                on_progress(progress)
    return folder


def downloading(
    spec: DatasetSpec, folder: Path, parts: tuple[str, ...] = ()
) -> Generator[Progress, None, None]:
    """Do the same step by step; closing the iterator stops the download.

    Yields
    ------
    Progress
        After each piece.
    """
    files = spec.choose(parts)
    pooch = _import_pooch()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [file for file in files if not _is_here(file, folder, pooch)]
    _check_space(missing, folder)
    for file in missing:
        yield from _get(file, folder, pooch)


def _get(file: RemoteFile, folder: Path, pooch: Any) -> Generator[Progress, None, None]:
    path = folder / file.name
    downloader = ResumingDownloader(path)
    if not path.is_file():
        for done, total in downloader.steps(file.url):
            whole = total or file.megabytes * 1e6
            yield Progress(f"{file.name}, MB", round(done / 1e6), max(1, round(whole / 1e6)))
    _settle(file, path, downloader, pooch)
    digest = pooch.file_hash(str(path))
    if file.unpack:
        for count, entries in unpacking(path, folder):
            yield Progress(f"unpacking {file.name}", count, max(1, entries))
        path.unlink()
    # As sha256sum writes it; of an archive it also says that its content is here.
    _record(path).write_text(f"{digest}  {file.name}\n", "utf-8")


def _settle(file: RemoteFile, path: Path, downloader: ResumingDownloader, pooch: Any) -> None:
    """Check the file against what is known of it, and put it into place."""
    known = file.checksum or _recorded(path)
    try:
        pooch.retrieve(file.url, known, path.name, path.parent, downloader=downloader)
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{file.name} is not the file that was expected: its checksum differs from {known}. It was "
            "damaged on the way, or has changed at its source. What came was deleted; get it again, and if "
            "that is no help, see the homepage of the data set."
        ) from error


def _is_here(file: RemoteFile, folder: Path, pooch: Any) -> bool:
    """Whether a file was got before and is as it was then; of an archive, whether it was unpacked."""
    path = folder / file.name
    if file.unpack:
        unpacked = any(entry.suffix != _RECORD_SUFFIX for entry in folder.iterdir())
        return not path.is_file() and _record(path).is_file() and unpacked
    known = file.checksum or _recorded(path)
    return path.is_file() and known is not None and _matches(path, known, pooch)


def _matches(path: Path, known: str, pooch: Any) -> bool:
    kind, _, digest = known.rpartition(":")
    return bool(pooch.file_hash(str(path), alg=kind or "sha256") == digest)


def _record(path: Path) -> Path:
    return path.with_name(path.name + _RECORD_SUFFIX)


def _recorded(path: Path) -> str | None:
    """Return the checksum of the first download, where it was written down."""
    record = _record(path)
    return record.read_text("utf-8").split()[0] if record.is_file() else None


def _check_space(files: list[RemoteFile], folder: Path) -> None:
    needed = sum(file.megabytes * 1e6 * (2 if file.unpack else 1) for file in files)
    free = shutil.disk_usage(folder).free
    if files and needed + _SPARE_BYTES > free:
        raise InputError(
            f"About {bytes_in_words(int(needed))} are needed in {folder}, but {bytes_in_words(free)} are "
            "free. Free some space, or give a folder on another disk."
        )


def _import_pooch() -> Any:
    try:
        import pooch
    except ImportError as error:
        raise InputError(
            "Downloading data sets needs the package pooch. Install it with: pip install "
            "'patchprobe[datasets]'"
        ) from error
    # It tells of each file on its own; progress and results are told by whoever calls.
    pooch.get_logger().setLevel("WARNING")
    return pooch
