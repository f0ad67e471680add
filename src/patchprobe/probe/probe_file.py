"""Probes in files: what predicts, what made it, and the rows to continue from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from .base import Probe
from .held_out import HeldOut
from .origin import Origin
from .reference import Reference
from .registry import classifier_type
from .storage import read_head, write_head
from .strokes import Context, TrainingRows

Tensors = dict[str, npt.NDArray[Any]]

_KIND = "patchprobe probe"
_KIND_OF_FORMAT_1 = "patchprobe linear probe"
_FORMAT = 2
_ROWS = "rows."


def write_probe(path: str | os.PathLike[str], probe: Probe, with_rows: bool) -> Path:
    """Write a fitted probe; see `Probe.save`."""
    parameters = probe.get_params()
    card = {
        "format": _FORMAT,
        "patchprobe": installed_version("patchprobe"),
        "classifier": probe.name,
        **probe._card(),
        "parameters": {k: v for k, v in parameters.items() if k not in ("class_names", "class_colors")},
        **probe.chosen(),
        "training_prior": list(probe.training_prior_),
        "strokes": {str(c): n for c, n in probe.strokes_.items()},
        "held_out": None if probe.held_out_ is None else asdict(probe.held_out_),
        "origins": [asdict(origin) for origin in probe.origins_],
    }
    tensors = probe._tensors()
    if with_rows and probe.rows_:
        card["row_planes"] = [probe.origins_.index(part.origin) for part in probe.rows_]
        tensors = tensors | {_ROWS + name: tensor for name, tensor in _pack(probe.rows_).items()}
    return write_head(path, _KIND, card, tensors)


def load_probe(path: str | os.PathLike[str]) -> Probe:
    """Load a saved probe, whichever classifier it is.

    Raises
    ------
    InputError
        If the file is missing, damaged, not a probe, or of a newer format.
    """
    card, tensors = read_head(path, _KIND, _KIND_OF_FORMAT_1)
    if card.get("format", 0) > _FORMAT:
        raise InputError(
            f"{path} was saved by a newer patchprobe ({card.get('patchprobe')}). "
            "Update patchprobe to read it."
        )
    if card["format"] == 1:
        card = card | {
            "classifier": "linear",
            "parameters": {"class_weight": card["class_weight"]},
            "origins": [],
        }
    try:
        return _restored(card, tensors)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path} is damaged: something that a probe needs is missing or odd ({error}). "
            "Save it again from the program."
        ) from error


def _restored(card: dict[str, Any], tensors: Tensors) -> Probe:
    probe = classifier_type(card["classifier"])(**card["parameters"])
    probe._restore_card(card)
    probe._restore_tensors({name: t for name, t in tensors.items() if not name.startswith(_ROWS)})
    probe._restore_chosen(card)
    even = [1 / len(probe.classes_)] * len(probe.classes_)
    probe.training_prior_ = tuple(card.get("training_prior", even))
    probe.strokes_ = {int(c): n for c, n in card["strokes"].items()}
    probe.held_out_ = None if card["held_out"] is None else _held_out(card["held_out"])
    probe.origins_ = tuple(_origin(origin) for origin in card["origins"])
    packed = {name.removeprefix(_ROWS): t for name, t in tensors.items() if name.startswith(_ROWS)}
    origins = [probe.origins_[index] for index in card.get("row_planes", ())]
    probe.rows_ = tuple(_unpack(packed, origins, probe)) if packed else ()
    return probe


def _pack(rows: Sequence[TrainingRows]) -> Tensors:
    """Put the rows of all planes below each other."""
    packed = {
        "counts": np.array([len(part.classes) for part in rows], dtype=np.int64),
        "features": _small(np.concatenate([part.features for part in rows])),
        "classes": np.concatenate([part.classes for part in rows]).astype(np.uint8),
        "strokes": np.concatenate([part.strokes for part in rows]).astype(np.int32),
        "weights": np.concatenate([part.weights for part in rows]),
        "points": np.concatenate([part.points for part in rows]).astype(np.int32),
    } | _pack_references("reference", [part.reference for part in rows])
    around = [part.context for part in rows if part.context is not None]
    if len(around) == len(rows):
        packed["context"] = np.concatenate([context.features for context in around])
        packed |= _pack_references("context_reference", [context.reference for context in around])
    return packed


def _pack_references(name: str, references: Sequence[Reference]) -> Tensors:
    return {
        f"{name}.count": np.array([reference.count for reference in references]),
        f"{name}.mean": np.stack([reference.mean for reference in references]),
        f"{name}.variance": np.stack([reference.variance for reference in references]),
    }


def _small(features: npt.NDArray[np.float32]) -> npt.NDArray[np.floating]:
    """Half precision where nothing is lost, as for filters, whose features come in it."""
    with np.errstate(over="ignore"):
        half = features.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), features) else features


def _unpack(packed: Tensors, origins: Sequence[Origin], probe: Probe) -> list[TrainingRows]:
    ends = np.cumsum(packed["counts"])
    parts = [slice(end - count, end) for count, end in zip(packed["counts"], ends, strict=True)]
    return [
        TrainingRows(
            features=packed["features"][part].astype(np.float32),
            classes=packed["classes"][part].astype(np.intp),
            strokes=packed["strokes"][part].astype(np.intp),
            weights=packed["weights"][part],
            points=packed["points"][part].astype(np.intp),
            reference=_reference(packed, "reference", plane),
            channels=probe.channels_,
            backbone=probe.backbone_,
            version=probe.version_,
            origin=origin,
            context=Context(packed["context"][part], _reference(packed, "context_reference", plane))
            if "context" in packed
            else None,
        )
        for plane, (part, origin) in enumerate(zip(parts, origins, strict=True))
    ]


def _reference(packed: Tensors, name: str, plane: int) -> Reference:
    return Reference(
        int(packed[f"{name}.count"][plane]), packed[f"{name}.mean"][plane], packed[f"{name}.variance"][plane]
    )


def _origin(card: dict[str, Any]) -> Origin:
    return Origin(**card | {name: tuple(card[name]) for name in ("voxel_size", "units")})


def _held_out(card: dict[str, Any]) -> HeldOut:
    return HeldOut(
        accuracy=card["accuracy"],
        f1=tuple(card["f1"]),
        confusion=tuple(tuple(row) for row in card["confusion"]),
        strokes=tuple(card["strokes"]),
        stroke_confusion=tuple(tuple(row) for row in card.get("stroke_confusion", ())),
    )
