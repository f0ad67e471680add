"""Cell Tracking Challenge: movies of cells with their outlines and their tracks."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from ..io.load import load_quietly
from ..io.walk import entries_of
from .refusal import choose_item, missing
from .spec import DatasetSpec, RemoteFile
from .truth import with_truth

_URL = "https://data.celltrackingchallenge.net/training-datasets/{}.zip"
_KINDS = {"SEG": ("GT", "man_seg"), "TRA": ("GT", "man_track"), "ST": ("ST", "man_seg")}
_FRAME = re.compile(r"t(\d+)\.tif")
_TRACK_FILES = ("man_track.txt", "res_track.txt")


@dataclass(frozen=True)
class _Movie:
    """What the challenge says of a training set: the files themselves say nothing."""

    name: str
    pixel_um: float
    minutes: float
    megabytes: float
    sha256: str


_MOVIES = (
    _Movie("PhC-C2DH-U373", 0.65, 15, 40, "b18185c18fce54e8eeb93e4bbb9b201d757add9409bbf2283b8114185a11bc9e"),
    _Movie("DIC-C2DH-HeLa", 0.19, 10, 37, "832fed2d05bb7488cf9c51a2994b75f8f3f53b3c3098856211f2d39023c34e1a"),
    _Movie(
        "Fluo-N2DL-HeLa", 0.645, 30, 182, "35dd99d58e071aba0b03880128d920bd1c063783cc280f9531fbdc5be614c82e"
    ),
    _Movie(
        "Fluo-N2DH-GOWT1", 0.24, 5, 53, "1a7bd9a7d1d10c4122c7782427b437246fb69cc3322a975485c04e206f64fc2c"
    ),
    _Movie(
        "Fluo-N2DH-SIM+", 0.125, 29, 91, "3e809148c87ace80c72f563b56c35e0d9448dcdeb461a09c83f61e93f5e40ec8"
    ),
    _Movie(
        "Fluo-C2DL-Huh7", 0.65, 15, 36, "1912658c1b3d8b38b314eb658b559e7b39c256917150e9b3dd8bfdc77347617d"
    ),
    _Movie("PhC-C2DL-PSC", 1.6, 10, 124, "9d54bb8febc8798934a21bf92e05d92f5e8557c87e28834b2832591cdda78422"),
    _Movie(
        "BF-C2DL-MuSC", 0.645, 5, 1200, "ca72b59042809120578a198ba236e5ed3504dd6a122ef969428b7c64f0a5e67d"
    ),
    _Movie("BF-C2DL-HSC", 0.645, 5, 1600, "0aa68ec37a9b06e72a5dfa07d809f56e1775157fb674bb75ff904936149657b1"),
)

SPEC = DatasetSpec(
    name="cell-tracking",
    title="Cell Tracking Challenge",
    summary="Movies of moving and dividing cells, in fluorescence, phase contrast and DIC; outlines in some "
    "frames, identities in all.",
    modality="cell tracking",
    licence="conditions of the challenge: cite it; publications outside it need leave of the data's "
    "providers, commercial use that of the organisers too",
    citation="Maška M. et al., The Cell Tracking Challenge: 10 years of objective benchmarking, Nature "
    "Methods 20 (2023) 1010-1020, doi:10.1038/s41592-023-01879-y",
    size="37 MB to some GB a set",
    homepage="https://celltrackingchallenge.net/2d-datasets/",
    access="Direct download, set by set. Other sets (3D, challenge data) are on the homepage; they load as "
    "well.",
    layout="  PhC-C2DH-U373/\n"
    "    01/t000.tif, t001.tif, …                 frames, of planes or volumes\n"
    "    01_GT/SEG/man_seg000.tif, …              outlines; man_seg_000_012.tif: plane 12 of frame 0\n"
    "    01_GT/TRA/man_track000.tif, …            identities, as marks\n"
    "    01_GT/TRA/man_track.txt                  L B E P: track, first and last frame, parent\n"
    "    01_ST/SEG/man_seg000.tif, …              outlines computed from many methods (some sets)\n"
    "    02/, 02_GT/, …",
    files=tuple(
        RemoteFile(
            m.name, _URL.format(m.name), f"{m.name}.zip", m.megabytes, f"sha256:{m.sha256}", unpack=True
        )
        for m in _MOVIES
    ),
    default_parts=("PhC-C2DH-U373",),
)


@dataclass(frozen=True)
class Track:
    """One line of ``man_track.txt``.

    Parameters
    ----------
    label : int
        Of the cell in the images of ``TRA``.
    begin, end : int
        First and last frame.
    parent : int
        Label of the cell that it came from; 0 for none.
    """

    label: int
    begin: int
    end: int
    parent: int


def items(folder: Path) -> tuple[str, ...]:
    """List the sequences: ``"01"``, or ``"PhC-C2DH-U373/01"`` in a folder of sets."""
    return tuple(_sequences(folder))


def load(folder: Path, item: str | None = None, labels: str | None = None) -> Stack:
    """Open a sequence with its truth.

    Parameters
    ----------
    folder : Path
        A set (with ``01`` and ``01_GT``), or a folder of sets.
    item : str, optional
        Which sequence; the first if not given.
    labels : {"SEG", "TRA", "ST"}, optional
        Outlines drawn by people, identities, or computed outlines. If not given, the first of them that
        is there for every frame, else identities, else outlines.

    Returns
    -------
    Stack
        Axes ``"tyx"`` or ``"tzyx"``. Frames without truth have the label 0 throughout, and a note says
        how many there are.
    """
    sequences = _sequences(folder)
    chosen = choose_item(SPEC, folder, tuple(sequences), item)
    path = sequences[chosen]
    frames = _frames(path)
    first = load_quietly(path / frames[0][1])
    axes = "t" + ("zyx" if len(first.shape) == 3 else "yx")
    image = load_quietly(path, axes, dataset="t*.tif", name=f"{path.parent.name} {path.name}")
    image = _with_sizes(image, path.parent.name)
    numbers = [number for number, _ in frames]
    kind = labels or _best_kind(path, numbers)
    if kind is None:
        note = f"There is no {path.name}_GT beside {path.name}, so the stack has no truth."
        return replace(image, notes=(*image.notes, note))
    if kind not in _KINDS:
        raise InputError(f"labels {labels!r} are not in this set. Use one of {', '.join(_KINDS)}.")
    truth = _Truth(_truth_files(path, kind), numbers, image.shape, _truth_folder(path, kind))
    if not truth.n_marked:
        raise missing(SPEC, _truth_folder(path, kind) / f"{_KINDS[kind][1]}000.tif", "the truth")
    image = replace(image, notes=(*image.notes, truth.note(kind)))
    return with_truth(image, truth.as_dask(), kind)


def load_tracks(folder: Path, item: str | None = None) -> list[Track]:
    """Read the tracks of a sequence.

    Parameters
    ----------
    folder, item
        As for `load`.

    Returns
    -------
    list of Track
        In the order of the file.

    Raises
    ------
    InputError
        If there is no ``man_track.txt``, or a line of it is not four whole numbers.
    """
    sequences = _sequences(folder)
    path = sequences[choose_item(SPEC, folder, tuple(sequences), item)]
    place = _truth_folder(path, "TRA")
    file = next((place / name for name in _TRACK_FILES if (place / name).is_file()), None)
    if file is None:
        raise missing(SPEC, place / _TRACK_FILES[0], "the tracks")
    return read_tracks(file)


def read_tracks(path: Path) -> list[Track]:
    """Read a file of tracks: a line ``L B E P`` for each."""
    tracks = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        words = line.split()
        if len(words) != 4 or not all(word.isdecimal() for word in words):
            raise InputError(
                f"Line {number} of {path} is {line.strip()!r}; wanted are four whole numbers: track, first "
                "frame, last frame, parent. Download the file again."
            )
        tracks.append(Track(*map(int, words)))
    return tracks


class _Truth:
    """The truth of a sequence, frame by frame, where there is one."""

    def __init__(self, files: dict[int, list[Path]], numbers: list[int], shape: Any, folder: Path) -> None:
        self._files = [files.get(number, []) for number in numbers]
        self._folder = folder
        self.shape = tuple(shape)
        self.dtype = np.dtype(np.uint16)
        self.ndim = len(self.shape)

    @property
    def n_marked(self) -> int:
        return sum(bool(files) for files in self._files)

    def note(self, kind: str) -> str:
        what = {"SEG": "outlines", "TRA": "identities", "ST": "computed outlines"}[kind]
        return f"The truth is of the {what} ({kind}); {self.n_marked} of {self.shape[0]} frames have one."

    def as_dask(self) -> Any:
        from ..io.lazy import dask_array

        return dask_array(self, (*((1,) * (self.ndim - 2)), *self.shape[-2:]))

    def __getitem__(self, key: tuple[int | slice, ...]) -> npt.NDArray[Any]:
        lead = key[0] if isinstance(key[0], slice) else slice(int(key[0]), int(key[0]) + 1)
        frames = [self._frame(number)[key[1:]] for number in range(*lead.indices(self.shape[0]))]
        return np.stack(frames) if isinstance(key[0], slice) else frames[0]

    def _frame(self, number: int) -> npt.NDArray[Any]:
        frame = np.zeros(self.shape[1:], self.dtype)
        for file in self._files[number]:
            marked = np.asarray(load_quietly(file).data)
            # A file of one plane of a volume says which.
            plane = re.fullmatch(r"man_seg_\d+_(\d+)", file.stem)
            place: Any = ... if plane is None else int(plane[1])
            if marked.shape != frame[place].shape:
                raise InputError(
                    f"{file.name} has the shape {marked.shape}, but the frames have {frame[place].shape}. "
                    f"Download the set again. Folder: {self._folder}"
                )
            frame[place] = marked
        return frame


def _sequences(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        return {}
    if own := _own_sequences(folder):
        return own
    sets = [entry for entry in entries_of(folder) if entry.is_dir()]
    return {f"{s.name}/{name}": path for s in sets for name, path in _own_sequences(s).items()}


def _own_sequences(folder: Path) -> dict[str, Path]:
    folders = [entry for entry in entries_of(folder) if re.fullmatch(r"\d\d", entry.name)]
    return {entry.name: entry for entry in folders if entry.is_dir() and _frames(entry)}


def _frames(sequence: Path) -> list[tuple[int, str]]:
    found = [(m, entry.name) for entry in entries_of(sequence) if (m := _FRAME.fullmatch(entry.name))]
    return sorted((int(match[1]), name) for match, name in found)


def _truth_folder(sequence: Path, kind: str) -> Path:
    return sequence.with_name(f"{sequence.name}_{_KINDS[kind][0]}") / ("TRA" if kind == "TRA" else "SEG")


def _truth_files(sequence: Path, kind: str) -> dict[int, list[Path]]:
    """Files of each frame that has some."""
    folder, stem = _truth_folder(sequence, kind), _KINDS[kind][1]
    files: dict[int, list[Path]] = {}
    for file in sorted(folder.glob(f"{stem}*.tif")):
        match = re.fullmatch(rf"{stem}_?(\d+)(_\d+)?", file.stem)
        if match is not None:
            files.setdefault(int(match[1]), []).append(file)
    return files


def _best_kind(sequence: Path, numbers: list[int]) -> str | None:
    counts = {kind: len(_truth_files(sequence, kind)) for kind in _KINDS}
    whole = [kind for kind in ("SEG", "ST", "TRA") if counts[kind] == len(numbers)]
    present = [kind for kind in ("TRA", "SEG", "ST") if counts[kind]]
    return next(iter([*whole, *present]), None)


def _with_sizes(image: Stack, set_name: str) -> Stack:
    """Put in what the challenge says of the set, if it is one that is known here."""
    known = next((movie for movie in _MOVIES if movie.name == set_name), None)
    notes = [note for note in image.notes if "voxel size" not in note]
    if known is None or len(image.shape) != 3:
        return image
    return replace(
        image,
        voxel_size=(known.minutes * 60.0, known.pixel_um, known.pixel_um),
        units=("s", "µm", "µm"),
        voxel_size_source="given",
        notes=(
            *notes,
            f"Pixel size and time between frames are those that the challenge gives for {set_name}.",
        ),
    )
