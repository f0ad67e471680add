"""Predicting a stack into a file, plane by plane: what was stopped or killed goes on where it was."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import zarr
from safetensors import safe_open

from .backbones import Backbone, get_backbone
from .embedding import embed_stack
from .errors import InputError
from .image_key import image_key
from .io import Stack, save_stack
from .io.formats import is_zarr, suffix_of
from .io.replace_file import put_in_place
from .io.save import checked_target
from .io.save_zarr import LEVEL, create, get_plane, put_plane
from .prediction import ComputedPlanes, Kind, decided, describe_prediction
from .steps import TileDone

if TYPE_CHECKING:
    from .fusion import Fusion
    from .probe import Probe
    from .store import EmbeddingStore

_ZARR = (".zarr", ".ome.zarr")
_FINISHED, _ATTRIBUTE = "finished", "patchprobe"
# Marks of this many planes lie in one file, which is written anew with each of them.
_MARKS = 4096


@dataclass(frozen=True)
class PlaneDone:
    """A plane is in the file.

    Parameters
    ----------
    plane : int
        Number of the plane; -1 for the report before the first one.
    done, total : int
        Planes in the file, those of an earlier run counted, and planes wanted.
    note : str
        What the user should know: that a run goes on, or begins anew and why. Empty as a rule.
    """

    plane: int
    done: int
    total: int
    note: str = ""


def predict_to(
    path: str | os.PathLike[str],
    stack: Stack,
    probe: Probe,
    planes: Sequence[int] | None = None,
    kind: Kind = "labels",
    backbone: str | Backbone | None = None,
    store: EmbeddingStore | None = None,
    restart: bool = False,
    fusion: Fusion | None = None,
) -> Generator[PlaneDone | TileDone, None, Path]:
    """Predict a stack into a file, which can be stopped after any plane and goes on from there.

    Planes are written to a store beside the file, ``name.partial.zarr``, as soon as they are predicted. A run
    with an equal probe, stack and settings takes over what it finds there; any other begins anew. With the
    last plane the store takes its name, or becomes the TIFF: a TIFF tells in its header what is in all of it,
    so that half of one is of no use to anybody, while a Zarr store can be opened at any time.

    Parameters
    ----------
    path : path-like
        ``.zarr``, ``.ome.zarr``, ``.tif``, ``.ome.tif`` or ``.npy``; see `patchprobe.io.save_stack`.
    stack : Stack
    probe : Probe
        Fitted or loaded.
    planes : sequence of int, optional
        Planes to predict; the others read as 0. All of them if not given.
    kind : {"labels", "probabilities"}
        As for `patchprobe.prediction.predict_stack`.
    backbone : str or Backbone, optional
        That of the probe if not given.
    store : EmbeddingStore, optional
        See `patchprobe.embed`.
    restart : bool
        Begin anew in any case.
    fusion : Fusion, optional
        `TimeWindow` or `Triplanar`, which averages several looks at each pixel. What `Triplanar` computes
        before the first plane is not kept for another run.

    Yields
    ------
    PlaneDone
        Once before the first plane, then after each.
    TileDone
        In between, for what planes of a fusion share.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If the file cannot be written, or the probe is for other features.
    """
    if fusion is not None:
        fusion.check(stack)
    file = PredictionFile(path, stack, probe, planes, kind, restart, fusion)
    try:
        yield PlaneDone(-1, file.done, file.total, file.note)
        resolved = get_backbone(probe.backbone_ if backbone is None else backbone)
        # The stack is not even looked at where nothing is left to do.
        work = _predicted(stack, probe, file.missing, kind, resolved, store, fusion) if file.missing else ()
        for step in work:
            if isinstance(step, TileDone):
                yield step
                continue
            plane, values = step
            file.put(plane, values)
            yield PlaneDone(plane, file.done, file.total)
        return file.close()
    finally:
        file.leave()


def _predicted(
    stack: Stack,
    probe: Probe,
    planes: Sequence[int],
    kind: Kind,
    backbone: Backbone,
    store: EmbeddingStore | None,
    fusion: Fusion | None,
) -> Iterator[tuple[int, npt.NDArray[Any]] | TileDone]:
    """Predict planes one after the other."""
    if fusion is None:
        for plane, embedding in embed_stack(stack, backbone, planes, store=store):
            yield plane, probe.predict(embedding) if kind == "labels" else probe.predict_proba(embedding)
        return
    logits_of = yield from fusion.steps(stack, probe, planes, backbone, store)
    for plane in fusion.in_order(stack, planes):
        yield plane, decided(probe, logits_of(plane), kind)


class PredictionFile:
    """A prediction on its way to a file.

    Parameters
    ----------
    path : path-like
    stack : Stack
    probe : Probe
    planes : sequence of int, optional
    kind : {"labels", "probabilities"}
    restart : bool
    fusion : Fusion, optional
        See `predict_to`.

    Attributes
    ----------
    total : int
        Planes wanted.
    note : str
        Whether a run goes on, or begins anew and why.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        stack: Stack,
        probe: Probe,
        planes: Sequence[int] | None = None,
        kind: Kind = "labels",
        restart: bool = False,
        fusion: Fusion | None = None,
    ) -> None:
        self.path = checked_target(path)
        self.partial = partial_path(self.path)
        self._wanted = sorted(set(range(stack.n_planes) if planes is None else planes))
        for plane in self._wanted:
            stack.plane_index(plane)
        self.total = len(self._wanted)
        self.stack = describe_prediction(stack, probe, kind)
        made_of = fingerprint(stack, probe, self._wanted, kind, fusion)
        if not self.path.parent.is_dir():
            raise InputError(
                f"There is no folder {self.path.parent} to write {self.path.name} to. Make it first."
            )
        with self._writing():
            self.note = self._open(made_of, restart)

    @property
    def missing(self) -> list[int]:
        """Planes that are to be predicted, ascending."""
        return [plane for plane in self._wanted if not self._marks[plane]]

    @property
    def done(self) -> int:
        """How many planes are in the file."""
        return self.total - len(self.missing)

    def put(self, plane: int, values: npt.NDArray[Any]) -> None:
        """Write one plane and mark it as finished."""
        with self._writing():
            put_plane(self._array, self.stack, plane, values)
            # Marked when all of it is there: a run that is killed before predicts it again.
            self._marks[plane] = True
            part = slice(plane // _MARKS * _MARKS, (plane // _MARKS + 1) * _MARKS)
            finished: Any = self._group[_FINISHED]
            finished[part] = self._marks[part]

    def get(self, plane: int) -> npt.NDArray[Any]:
        """Read a plane that is finished."""
        return get_plane(self._array, self.stack, plane)

    def close(self) -> Path:
        """Give the file its name, or bring it into its format; all planes that are wanted are there."""
        with self._writing():
            if suffix_of(self.path) in _ZARR:
                del self._group[_FINISHED]
                put_in_place(self.partial, self.path)
            else:
                lead = len(self.stack.plane_axes)
                data = ComputedPlanes(self.stack.shape, self.stack.data.dtype, lead, self.get)
                save_stack(self.path, replace(self.stack, data=data))
                shutil.rmtree(self.partial)
        return self.path

    def leave(self) -> None:
        """Stop writing: what is finished stays for the next run, an empty store goes."""
        if not self.done:
            shutil.rmtree(self.partial, ignore_errors=True)

    def _open(self, made_of: str, restart: bool) -> str:
        """Open what an earlier run left, or begin; say in words which."""
        found = self._found()
        if found is not None and found == made_of and not restart:
            self._group = zarr.open_group(self.partial, mode="r+")
            self._array: Any = self._group[LEVEL]
            finished: Any = self._group[_FINISHED]
            self._marks = np.asarray(finished[:], bool)
            return f"{self.done} of {self.total} planes are there from an earlier run, which goes on."
        if self.partial.exists():
            if not is_zarr(self.partial):
                raise InputError(f"{self.partial} is in the way. Remove it, or choose another name.")
            shutil.rmtree(self.partial)
        self._array = create(self.partial, self.stack)
        self._group = zarr.open_group(self.partial, mode="r+")
        self._marks = np.zeros(self.stack.n_planes, bool)
        self._group.create_array(_FINISHED, data=self._marks, chunks=(min(_MARKS, len(self._marks)),))
        # Last: a store without it is not taken over.
        self._group.attrs[_ATTRIBUTE] = {"made_of": made_of}
        if found is None or restart:
            return ""
        return "An earlier run was of another probe, stack or setting; this one begins anew."

    def _found(self) -> str | None:
        """Return what an earlier run was made of; None without one, empty if it was damaged."""
        if not is_zarr(self.partial):
            return None
        try:
            group = zarr.open_group(self.partial, mode="r")
            about: Any = group.attrs[_ATTRIBUTE]
            complete = LEVEL in group and _FINISHED in group
            return str(about["made_of"]) if complete else ""
        except (OSError, KeyError, ValueError, TypeError):
            return ""

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise InputError(
                f"{self.partial} could not be written: {error.strerror or error}. What is finished stays; "
                "free some space, or check the permissions of the folder, and run it again."
            ) from error


def partial_path(path: Path) -> Path:
    """Return where the planes of a run that is not complete lie."""
    return path.with_name(f"{path.name[: len(path.name) - len(suffix_of(path))]}.partial.zarr")


def fingerprint(
    stack: Stack, probe: Probe, planes: Sequence[int], kind: Kind, fusion: Fusion | None = None
) -> str:
    """Return what tells runs apart whose planes are not those of one prediction."""
    normalisation = stack.normalisation()
    about = {
        "stack": image_key(stack),
        "axes": stack.axes,
        "voxel_size": [*stack.voxel_size, *stack.units],
        "normalisation": [normalisation.low, normalisation.high],
        "probe": probe_digest(probe),
        "planes": [int(plane) for plane in planes],
        "kind": kind,
    } | ({} if fusion is None else {"fusion": repr(fusion)})
    return blake2b(json.dumps(about).encode(), digest_size=16).hexdigest()


def probe_digest(probe: Probe) -> str:
    """Return a hash of all that is saved of a probe."""
    with TemporaryDirectory() as folder:
        path = probe.save(Path(folder) / "probe.safetensors")
        # The file itself is not the same each time: its header is in no order.
        with safe_open(path, framework="numpy") as file:
            state = blake2b(repr(sorted((file.metadata() or {}).items())).encode(), digest_size=16)
            for name in sorted(file.keys()):
                state.update(name.encode())
                state.update(np.ascontiguousarray(file.get_tensor(name)).data)
    return state.hexdigest()
