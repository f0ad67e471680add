"""Writing beside, then renaming: a killed run leaves the old file or the new one."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import InputError


@contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Give a path to write a file or a folder to, which takes the place of `path` when all went well.

    Parameters
    ----------
    path : Path
        Where the result is wanted. A file or folder that is there is replaced at the end.

    Yields
    ------
    Path
        In the same folder, with the same suffixes. Removed if the block raises.

    Raises
    ------
    InputError
        If the folder is not there or may not be written to, or the disk is full.
    """
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {path.parent} to write {path.name} to. Make it first.")
    beside = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    try:
        yield beside
        put_in_place(beside, path)
    except OSError as error:
        raise InputError(
            f"{path} could not be written: {error.strerror or error}. Check the free space and the "
            "permissions of the folder, or choose another one."
        ) from error
    finally:
        _remove(beside)


def put_in_place(beside: Path, path: Path) -> None:
    """Let a file or folder take the place of another one in the same folder."""
    if not path.is_dir():
        os.replace(beside, path)
        return
    # A folder cannot be replaced in one step: the old one steps aside and back if the new one cannot come.
    aside = path.with_name(f".{uuid.uuid4().hex[:8]}.old.{path.name}")
    os.rename(path, aside)
    try:
        os.rename(beside, path)
    except OSError:
        os.rename(aside, path)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
