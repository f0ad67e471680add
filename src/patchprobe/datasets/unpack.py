"""Archives, unpacked beside and moved into place, so that a stopped run leaves nothing half-written."""

from __future__ import annotations

import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from ..errors import InputError
from ..io.replace_file import put_in_place


def unpacking(archive: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Unpack a ``.zip`` or ``.tar`` into a folder; closing the iterator stops it and leaves nothing.

    Yields
    ------
    tuple of (int, int)
        How many entries are unpacked, and how many there are.

    Raises
    ------
    InputError
        If it is no such archive or a damaged one.
    """
    beside = folder / f".unpacking-{archive.name}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    try:
        yield from (_unzip if archive.suffix.lower() == ".zip" else _untar)(archive, beside)
        for entry in sorted(beside.iterdir()):
            put_in_place(entry, folder / entry.name)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise InputError(
            f"{archive} is not a whole archive ({' '.join(str(error).split())}). Delete it and download it "
            "again."
        ) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _unzip(archive: Path, folder: Path) -> Iterator[tuple[int, int]]:
    # Each entry is checked against its CRC; names that lead out of the folder are bent back into it.
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        for count, entry in enumerate(entries, start=1):
            opened.extract(entry, folder)
            yield count, len(entries)


def _untar(archive: Path, folder: Path) -> Iterator[tuple[int, int]]:
    with tarfile.open(archive) as opened:
        # Refuses entries that would land elsewhere; the first patch releases of Python 3.11 lack it.
        opened.extraction_filter = getattr(tarfile, "data_filter", lambda member, path: member)
        entries = opened.getmembers()
        for count, entry in enumerate(entries, start=1):
            opened.extract(entry, folder)
            yield count, len(entries)
