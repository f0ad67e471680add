"""Which reader takes which file: by suffix, checked against the first bytes."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from ..errors import InputError
from .file_image import FileImage, ReadOptions

Reader = Callable[[Path, ReadOptions], FileImage]

_HEAD_BYTES = 1024


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Parameters
    ----------
    name : str
        For people.
    module : str
        Module of this package with the function ``read(path, options) -> FileImage``. It is imported when
        a file of the kind is opened, so that nobody waits for libraries that are not needed.
    suffixes : tuple of str
        In lower case, with the dot; compound ones such as ``.nii.gz`` too.
    matches : callable
        Whether the first bytes of a file are those of this kind.
    """

    name: str
    module: str
    suffixes: tuple[str, ...]
    matches: Callable[[bytes], bool]

    def read(self, path: Path, options: ReadOptions) -> FileImage:
        """Read what the file says of its image; pixels as late as possible."""
        reader = cast(Reader, import_module(f".{self.module}", __package__).read)
        return reader(path, options)


def _starts(*magic: bytes) -> Callable[[bytes], bool]:
    return lambda head: head.startswith(magic)


def _is_nifti(head: bytes) -> bool:
    if head.startswith(b"\x1f\x8b"):
        head = _first_unzipped(head)
    # NIfTI-1 keeps its magic at byte 344, NIfTI-2 at byte 4.
    return head[344:347] in (b"n+1", b"ni1") or head[4:7] in (b"n+2", b"ni2")


def _first_unzipped(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    except zlib.error:
        return b""


FORMATS = (
    Format(
        "TIFF",
        "tiff",
        (".tif", ".tiff", ".ome.tif", ".ome.tiff", ".btf", ".tf8", ".lsm", ".stk"),
        _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ),
    Format("PNG", "picture", (".png",), _starts(b"\x89PNG\r\n\x1a\n")),
    Format("JPEG", "picture", (".jpg", ".jpeg"), _starts(b"\xff\xd8\xff")),
    Format("BMP", "picture", (".bmp",), _starts(b"BM")),
    Format("GIF", "picture", (".gif",), _starts(b"GIF8")),
    Format("WebP", "picture", (".webp",), lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP"),
    Format("JPEG 2000", "picture", (".jp2", ".j2k"), _starts(b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")),
    Format(
        "Netpbm", "picture", (".pgm", ".ppm", ".pnm", ".pbm"), _starts(*(b"P%d" % i for i in range(1, 7)))
    ),
    Format(
        "HDF5",
        "hdf5",
        (".h5", ".hdf5", ".hdf", ".he5", ".ilp"),
        lambda head: b"\x89HDF\r\n\x1a\n" in (head[:8], head[512:520]),
    ),
    Format(
        "NIfTI", "nifti", (".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz", ".mgz", ".mgh"), _is_nifti
    ),
    Format("NumPy", "npy", (".npy",), _starts(b"\x93NUMPY")),
    Format("NRRD", "nrrd", (".nrrd", ".nhdr"), _starts(b"NRRD000")),
    Format("DICOM", "dicom", (".dcm", ".dicom", ".ima"), lambda head: head[128:132] == b"DICM"),
    # After TIFF: by content they are TIFF, and those that OpenSlide does not know are read as such.
    Format(
        "Slide",
        "slide",
        (".svs", ".ndpi", ".scn", ".svslide", ".bif", ".mrxs", ".vms", ".vmu"),
        _starts(b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ),
)
ZARR = Format("Zarr", "zarr_store", (".ome.zarr", ".zarr"), lambda head: False)
FOLDER = Format("Folder of images", "folder", (), lambda head: False)
DICOM_FOLDER = Format("DICOM series", "dicom", (), lambda head: False)

_WITHOUT_MAGIC = (".mgz", ".mgh", ".hdr", ".img", ".hdr.gz", ".img.gz", ".mrxs", ".vms", ".vmu")
_ZARR_MARKERS = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
_UNREADABLE = {
    b"PK\x03\x04": "a zip archive; unpack it first",
    b"%PDF": "a PDF; export its image as TIFF or PNG",
    b"<?xml": "an XML text",
    b"<!DOC": "a web page; the download went wrong",
    b"<html": "a web page; the download went wrong",
    b"\xd0\xcf\x11\xe0": "a proprietary container (such as .oib or .zvi); export it as OME-TIFF",
    b"DCIM": "a proprietary container; export it as OME-TIFF",
}


def known_suffixes() -> tuple[str, ...]:
    """All suffixes that `load_stack` knows, compound ones left out."""
    every = [suffix for kind in (*FORMATS, ZARR) for suffix in kind.suffixes]
    return tuple(suffix for suffix in every if suffix.count(".") == 1)


def suffix_of(path: Path) -> str:
    """Return the longest known suffix of a file name in lower case, or its last one; empty without any."""
    name = path.name.lower()
    every = [suffix for kind in (*FORMATS, ZARR) for suffix in kind.suffixes if name.endswith(suffix)]
    return max(every, key=len, default=path.suffix.lower())


def format_by_suffix(path: Path) -> Format | None:
    """Return the kind of file that the name says."""
    suffix = suffix_of(path)
    return next((kind for kind in (*FORMATS, ZARR) if suffix in kind.suffixes), None)


def is_zarr(folder: Path) -> bool:
    """Whether a folder is a Zarr group or array."""
    return any((folder / marker).is_file() for marker in _ZARR_MARKERS)


def find_format(path: Path) -> tuple[Format, str]:
    """Decide what kind of file this is.

    Parameters
    ----------
    path : Path
        An existing file or folder.

    Returns
    -------
    tuple of (Format, str)
        The kind, and a note if the name says another kind than the content.

    Raises
    ------
    InputError
        If the file is empty or of no kind that can be read.
    """
    if path.is_dir():
        return _kind_of_folder(path), ""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{path} cannot be opened: {error.strerror}. Check the permissions.") from error
    if not head:
        raise InputError(f"{path.name} is empty (0 bytes): {path}. Copy or export it again.")
    named = format_by_suffix(path)
    if named is not None and (named.matches(head) or _without_magic(path)):
        return named, ""
    found = next((kind for kind in FORMATS if kind.matches(head)), None)
    if found is not None:
        note = f"The file is named {suffix_of(path)!r} but holds {found.name}; it was read as that."
        return found, note if named is not None else ""
    raise InputError(_unknown(path, named, head))


def _kind_of_folder(folder: Path) -> Format:
    if is_zarr(folder) or suffix_of(folder) in ZARR.suffixes:
        return ZARR
    from .dicom_series import holds_dicom

    return DICOM_FOLDER if holds_dicom(folder) else FOLDER


def _without_magic(path: Path) -> bool:
    """Whether the kind of file has no magic bytes that could be wrong."""
    return suffix_of(path) in _WITHOUT_MAGIC


def _unknown(path: Path, named: Format | None, head: bytes) -> str:
    content = next((what for magic, what in _UNREADABLE.items() if head.startswith(magic)), None)
    if path.suffix.lower() == ".npz":
        content = "an archive of NumPy arrays; save the one that you need with numpy.save as .npy"
    if content is None and b"\0" not in head and _is_text(head):
        content = "a text file"
    if named is not None:
        kind = content or "of no image format that is known here, or damaged from its first byte"
        return (
            f"{path.name} is not a {named.name} image: its content is {kind}. "
            f"Check the file, or copy or export it again. Path: {path}"
        )
    kind = f" (it is {content})" if content else ""
    suffix = suffix_of(path)
    return (
        f"{path.name} cannot be read{kind}: {suffix or 'a name without a suffix'} is not a known kind of "
        f"image. Known are {', '.join(known_suffixes())} and folders of numbered images. "
        "Microscope formats can be exported as OME-TIFF, for example with Fiji."
    )


def _is_text(head: bytes) -> bool:
    try:
        head[: len(head) - 4 if len(head) == _HEAD_BYTES else None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def gzip_is_whole(path: Path, expected: int) -> bool:
    """Whether a gzip file ends as one of `expected` unpacked bytes does; reads it all only in doubt."""
    with path.open("rb") as file:
        file.seek(-4, 2)
        if int.from_bytes(file.read(4), "little") == expected % (1 << 32):
            return True
    # Files in several gzip members end otherwise.
    total = 0
    try:
        with gzip.open(path) as unpacked:
            while block := unpacked.read(1 << 22):
                total += len(block)
    except (OSError, EOFError, zlib.error):
        return False
    return total >= expected
