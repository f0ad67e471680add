"""Transforms as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..io.replace_file import written_beside
from .field import FieldTransform, InverseField
from .plane_map import Chain, PlaneMap
from .transform import Transform

_FORMAT = "patchprobe-transform"
_VERSION = 1
AXES_NOTE = (
    "matrix acts on columns (row, col, 1) in pixels and takes a position of the aligned frame (fixed) to the "
    "position of the same content in the section as it was (moving); shift is (row, col) likewise"
)
_FIELD_NOTE = (
    "displacements[row][col] is (row, col) in pixels of the moving plane, added to what the matrix gives at "
    "the node origin + spacing * (row, col) of the fixed plane; coefficients of a uniform B-spline, held on "
    "beyond the outer nodes"
)


def map_to_json(plane_map: PlaneMap) -> dict[str, Any]:
    """Describe a transform by numbers, strings, lists and dictionaries."""
    match plane_map:
        case Transform():
            return {"type": "affine", "matrix": plane_map.matrix.tolist()}
        case FieldTransform():
            return {
                "type": "displacement field",
                "about": _FIELD_NOTE,
                "matrix": plane_map.affine.matrix.tolist(),
                "degree": plane_map.degree,
                "origin": list(plane_map.origin),
                "spacing": list(plane_map.spacing),
                "displacements": plane_map.displacements.tolist(),
            }
        case InverseField():
            return {"type": "inverse", "of": map_to_json(plane_map.field)}
        case Chain():
            return {"type": "sequence", "parts": [map_to_json(part) for part in plane_map.parts]}
    raise InputError(f"A {type(plane_map).__name__} cannot be written as JSON.")


def map_from_json(content: Any) -> PlaneMap:
    """Make the transform that `map_to_json` described.

    Raises
    ------
    InputError, KeyError, TypeError, ValueError
        If it is no such description.
    """
    match content["type"]:
        case "affine":
            return Transform(np.array(content["matrix"], dtype=np.float64))
        case "displacement field":
            return FieldTransform(
                Transform(np.array(content["matrix"], dtype=np.float64)),
                np.array(content["displacements"], dtype=np.float64),
                content["spacing"],
                content["origin"],
                content["degree"],
            )
        case "inverse":
            return map_from_json(content["of"]).inverse()
        case "sequence":
            return Chain(tuple(map_from_json(part) for part in content["parts"]))
    raise InputError(f"A transform of the type {content['type']!r} is not known. Update patchprobe.")


def save_transform(path: str | os.PathLike[str], plane_map: PlaneMap) -> Path:
    """Write one transform as JSON, beside and then renamed."""
    content = {
        "format": _FORMAT,
        "version": _VERSION,
        "axes": AXES_NOTE,
        "units": "pixel",
        "transform": map_to_json(plane_map),
    }
    target = Path(path)
    with written_beside(target) as beside:
        beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return target


def load_transform(path: str | os.PathLike[str]) -> PlaneMap:
    """Read what `save_transform` wrote.

    Raises
    ------
    InputError
        If the file is not there or is not a transform that this version reads.
    """
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path} cannot be read as a transform: {error}.") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise InputError(f'{path} is not a transform saved by patchprobe (no "format": "{_FORMAT}").')
    if content.get("version") != _VERSION:
        raise InputError(
            f"{path} has version {content.get('version')} of the format; this program reads version "
            f"{_VERSION}. Update patchprobe."
        )
    try:
        return map_from_json(content["transform"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {error!r}. Save the transform again.") from error
