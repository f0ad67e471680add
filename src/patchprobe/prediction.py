"""What a probe says of a whole stack, plane after plane, without holding it in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from .backbones import Backbone, get_backbone
from .errors import InputError
from .io import LabelClass, Stack
from .io.label_classes import LabelClasses
from .steps import finish

if TYPE_CHECKING:
    from .fusion import Fusion, ReadLogits
    from .probe import Probe
    from .store import EmbeddingStore

Kind = Literal["labels", "probabilities"]
_ReadPlane = Callable[[int], npt.NDArray[Any]]


@dataclass(frozen=True)
class ComputedPlanes:
    """An array whose planes are computed when they are read, and not kept.

    Parameters
    ----------
    shape : tuple of int
        Planes first, then (H, W) or (H, W, C).
    dtype : numpy dtype
    n_plane_axes : int
        How many axes come before the plane's.
    compute : callable
        Takes the number of a plane and returns it.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    n_plane_axes: int
    compute: Callable[[int], npt.NDArray[Any]] = field(repr=False)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    def __getitem__(self, index: tuple[int, ...]) -> npt.NDArray[Any]:
        """Compute the plane at an index along each axis before the plane's."""
        leading = self.shape[: self.n_plane_axes]
        plane = int(np.ravel_multi_index(index, leading)) if leading else 0
        return self.compute(plane)


def predict_stack(
    stack: Stack,
    probe: Probe,
    planes: Sequence[int] | None = None,
    kind: Kind = "labels",
    backbone: str | Backbone | None = None,
    store: EmbeddingStore | None = None,
    fusion: Fusion | None = None,
) -> Stack:
    """Predict a stack lazily: a plane is embedded and predicted when it is read.

    Reading plane `i` gives exactly ``probe.predict(embedding)`` (or `predict_proba`) of the embedding that
    `embed_stack` makes of it. Written with `patchprobe.io.save_stack`, a stack of any length takes the
    memory of one plane.

    Parameters
    ----------
    stack : Stack
    probe : Probe
        Fitted or loaded.
    planes : sequence of int, optional
        Planes to predict; the others read as 0 (unlabelled). All of them if not given.
    kind : {"labels", "probabilities"}
        uint8 labels in the shape of the stack without ``c``, or float32 probabilities with a last axis
        ``c`` in the order of ``probe.classes_``.
    backbone : str or Backbone, optional
        That of the probe if not given.
    store : EmbeddingStore, optional
        See `patchprobe.embed`.
    fusion : Fusion, optional
        `TimeWindow` or `Triplanar`, which averages several looks at each pixel. What planes share is
        computed when the first one is read: with `Triplanar` that is the whole volume, so that
        `predict_to`, which tells how far it is, suits large ones better.

    Returns
    -------
    Stack
        With the axes and voxel size of `stack`.

    Raises
    ------
    InputError
        If a plane is asked for that the stack does not have. Reading a plane raises one if the probe is for
        other features.
    """
    resolved = get_backbone(probe.backbone_ if backbone is None else backbone)
    chosen = set(range(stack.n_planes) if planes is None else planes)
    for plane in chosen:
        stack.plane_index(plane)
    if fusion is None:
        read = _reader(stack, probe, kind, resolved, store)
    else:
        fusion.check(stack)
        read = _fused_reader(fusion, stack, probe, kind, sorted(chosen), resolved, store)
    described = describe_prediction(stack, probe, kind)
    shape, dtype = described.shape, np.dtype(described.data.dtype)

    def compute(plane: int) -> npt.NDArray[Any]:
        if plane not in chosen:
            return np.zeros(shape[len(stack.plane_axes) :], dtype)
        return read(plane)

    return replace(described, data=ComputedPlanes(shape, dtype, len(stack.plane_axes), compute))


def decided(probe: Probe, logits: npt.NDArray[np.float32], kind: Kind) -> npt.NDArray[Any]:
    """Turn the logits of a plane into what is asked for."""
    if kind == "labels":
        return probe.labels_from_logits(logits)
    return probe.decision.probabilities(logits)


def _reader(
    stack: Stack, probe: Probe, kind: Kind, backbone: Backbone, store: EmbeddingStore | None
) -> _ReadPlane:
    """Predict a plane, which is embedded when it is asked for."""
    prepared, normalisation = backbone.for_stack(stack, store), stack.normalisation()

    def read(plane: int) -> npt.NDArray[Any]:
        embedding = prepared.embed(stack.plane(plane), normalisation, store)
        return probe.predict(embedding) if kind == "labels" else probe.predict_proba(embedding)

    return read


def _fused_reader(
    fusion: Fusion,
    stack: Stack,
    probe: Probe,
    kind: Kind,
    planes: Sequence[int],
    backbone: Backbone,
    store: EmbeddingStore | None,
) -> _ReadPlane:
    """Predict a plane from averaged logits; what planes share is computed with the first."""
    lock = Lock()

    @cache
    def prepared() -> ReadLogits:
        return finish(fusion.steps(stack, probe, planes, backbone, store))

    def read(plane: int) -> npt.NDArray[Any]:
        # Readers of several threads must not all compute it.
        with lock:
            logits_of = prepared()
        return decided(probe, logits_of(plane), kind)

    return read


def describe_prediction(stack: Stack, probe: Probe, kind: Kind = "labels") -> Stack:
    """Return the stack that a prediction becomes, with zeros that take no memory for its pixels."""
    is_labels = kind == "labels"
    channels = () if is_labels else (len(probe.classes_),)
    dtype = np.uint8 if is_labels else np.float32
    axes = stack.axes.replace("c", "")
    classes = _classes(probe)
    return replace(
        stack,
        data=np.broadcast_to(dtype(0), (*stack.shape[: len(axes)], *channels)),
        axes=axes + ("c" if channels else ""),
        name=f"{stack.name} {'prediction' if is_labels else 'probabilities'}",
        labels=None,
        rgb=False,
        channel_names=tuple(known.name for known in classes.values()) if channels else (),
        classes=classes,
        notes=(),
    )


def check_version(probe: Probe) -> None:
    """Say in words, before anything is computed, if the installed backbone is not the one of a probe.

    Raises
    ------
    InputError
        If there is no backbone of that name, or it is of another version.
    """
    spec = get_backbone(probe.backbone_).spec
    if spec.version != probe.version_:
        raise InputError(
            f"The probe was fitted on features of {probe.backbone_!r}, version {probe.version_}; installed "
            f"is version {spec.version}, whose features mean something else. Fit the probe again."
        )


def _classes(probe: Probe) -> LabelClasses:
    """Names and colours of what is predicted, in the order of the channels."""
    names, colors = probe.class_names or {}, probe.class_colors or {}
    return {
        int(n): LabelClass(names.get(int(n), f"class {n}"), colors.get(int(n), "")) for n in probe.classes_
    }
