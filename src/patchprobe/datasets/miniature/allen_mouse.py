"""A small Allen atlas: a brain of nested structures, stored from anterior to posterior."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...io.nrrd import import_nrrd
from .content import head

_UM = 100
# Numbers, acronyms and colours are those of the real atlas.
_STRUCTURES = (
    (997, "root", "root", "FFFFFF"),
    (8, "Basic cell groups and regions", "grey", "BFDAE3"),
    (73, "ventricular systems", "VS", "AAAAAA"),
    (315, "Isocortex", "Isocortex", "70FF71"),
    (1009, "fiber tracts", "fiber tracts", "CCCCCC"),
)
_OF_TISSUE = np.array([0, 73, 315, 1009], dtype=np.uint32)


def write(folder: Path, size: int, seed: int) -> None:
    """Write ``average_template_100.nrrd``, ``annotation_100.nrrd`` and ``structure_graph.json``."""
    image, tissues = head(size, seed)
    # From (right, anterior, superior) to (posterior, inferior, right), as the atlas counts.
    turned = [values.transpose(1, 2, 0)[::-1, ::-1] for values in (image, _OF_TISSUE[tissues])]
    _save(folder / f"average_template_{_UM}.nrrd", turned[0].astype(np.uint16))
    _save(folder / f"annotation_{_UM}.nrrd", turned[1])
    (folder / "structure_graph.json").write_text(json.dumps(_graph(), indent=1), "utf-8")


def _save(path: Path, values: npt.NDArray[Any]) -> None:
    header = {
        "encoding": "gzip",
        "space dimension": 3,
        "space directions": np.diag([float(_UM)] * 3),
        "space origin": np.zeros(3),
        "kinds": ["domain"] * 3,
    }
    import_nrrd().write(str(path), values, header)


def _graph() -> dict[str, Any]:
    root, grey, ventricles, cortex, fibres = (
        {"id": number, "name": name, "acronym": acronym, "color_hex_triplet": color, "children": []}
        for number, name, acronym, color in _STRUCTURES
    )
    root["children"] = [grey | {"children": [cortex]}, fibres, ventricles]
    return {"success": True, "msg": [root]}
