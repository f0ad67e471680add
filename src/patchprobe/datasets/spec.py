"""What is known of a public data set, without a file of it."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import InputError


@dataclass(frozen=True)
class RemoteFile:
    """A file that can be downloaded without asking anybody.

    Parameters
    ----------
    part : str
        What people call this part of the set: ``"A"``, ``"T1"``. Several files may make up a part.
    url : str
    name : str
        What to call it in the folder of the set.
    megabytes : float
        About how large it is, for people and for the check of free space.
    checksum : str, optional
        ``"sha256:…"`` or ``"md5:…"`` as published by the source or by a library that loads the set; None
        where none is known, in which case the SHA-256 of the first download is written beside the file.
    unpack : bool
        Whether it is an archive whose content is wanted.
    """

    part: str
    url: str
    name: str
    megabytes: float
    checksum: str | None = None
    unpack: bool = False


@dataclass(frozen=True)
class DatasetSpec:
    """A public data set.

    Parameters
    ----------
    name : str
        Key in the registry.
    title : str
        What people call it.
    summary : str
        One sentence: what is seen, and what the truth marks.
    modality : str
        Such as ``"electron microscopy"``.
    licence : str
    citation : str
    size : str
        About how large it is, in words.
    homepage : str
    access : str
        How to get it, in sentences: by download, or which registration it takes.
    layout : str
        What a folder of it looks like, one entry a line.
    files : tuple of RemoteFile
        What can be downloaded at once; empty where registration is needed.
    default_parts : tuple of str
        Which parts are downloaded if none is named; all if empty.
    """

    name: str
    title: str
    summary: str
    modality: str
    licence: str
    citation: str
    size: str
    homepage: str
    access: str
    layout: str
    files: tuple[RemoteFile, ...] = ()
    default_parts: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that can be downloaded, in order."""
        return tuple(dict.fromkeys(file.part for file in self.files))

    def choose(self, parts: tuple[str, ...] = ()) -> tuple[RemoteFile, ...]:
        """Return the files of some parts, of the usual ones if none is named.

        Raises
        ------
        InputError
            If the set cannot be downloaded without registration, or has no such part.
        """
        if not self.files:
            raise InputError(f"{self.title} cannot be downloaded by a program. {self.access}")
        wanted = parts or self.default_parts or self.parts
        unknown = [part for part in wanted if part not in self.parts]
        if unknown:
            raise InputError(
                f"{self.title} has no part {unknown[0]!r}. There are {', '.join(self.parts)}; name some of "
                "these, or none for the usual ones."
            )
        return tuple(file for file in self.files if file.part in wanted)
