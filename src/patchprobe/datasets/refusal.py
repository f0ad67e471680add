"""Why a folder is not of a data set: another one, half-downloaded, still packed, or something else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from .spec import DatasetSpec

PART_SUFFIX = ".part"
_MOST_LISTED = 12
_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


def choose_item(spec: DatasetSpec, folder: Path, found: Sequence[str], item: str | None) -> str:
    """Return the item to load: the one that was asked for, or the first.

    Parameters
    ----------
    spec : DatasetSpec
        What was asked for.
    folder : Path
    found : sequence of str
        What of the set is in the folder.
    item : str, optional

    Raises
    ------
    InputError
        If nothing was found (it says what the folder looks like), or no such item.
    """
    if not found:
        raise _not_of(spec, folder)
    if item is not None and item not in found:
        raise InputError(
            f"{folder} holds no item {item!r} of {spec.title}. It holds {listed(found)}; choose one of these."
        )
    return item or found[0]


def listed(names: Sequence[str], most: int = _MOST_LISTED) -> str:
    """Write the first names of many."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def _not_of(spec: DatasetSpec, folder: Path) -> InputError:
    # The registry imports the sets, which import this.
    from .registry import recognise

    wanted = f"Wanted is a folder like this:\n{spec.layout}"
    if not folder.exists():
        return InputError(f"There is no file or folder {folder}. {wanted}")
    looks_like = recognise(folder)
    if looks_like is not None:
        return InputError(
            f"{folder} is not laid out as {spec.title}; it looks like the data set {looks_like!r}. "
            f"Load it as that, or give another folder. {wanted}"
        )
    if folder.is_dir():
        names = sorted(entry.name for entry in folder.iterdir())
        begun = [name for name in names if name.endswith(PART_SUFFIX)]
        if begun:
            return InputError(
                f"{folder} holds {begun[0]}, a download that is not complete. "
                f"'patchprobe datasets get {spec.name} --to {folder}' goes on with it."
            )
        packed = [name for name in names if name.lower().endswith(_ARCHIVES)]
        if packed:
            return InputError(
                f"{folder} holds {packed[0]}, which is still packed (or its unpacking was stopped). Unpack "
                f"it there, or 'patchprobe datasets get {spec.name} --to {folder}' does. {wanted}"
            )
    return InputError(f"{folder} is not laid out as {spec.title}. {wanted}")


def missing(spec: DatasetSpec, file: Path, what: str) -> InputError:
    """Make the error for a file of a data set that is not there."""
    return InputError(
        f"{file.name} ({what}) of {spec.title} is missing in {file.parent}. Copy or download it again; "
        f"the folder should look like this:\n{spec.layout}"
    )
