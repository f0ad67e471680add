"""Allen Mouse Brain Atlas: the average brain of the common coordinate framework, with its structures."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InputError
from ..io import Stack
from ..io.label_classes import LabelClass, LabelClasses
from ..io.load import load_quietly
from ..io.walk import entries_of
from .refusal import choose_item, missing
from .spec import DatasetSpec, RemoteFile
from .truth import with_truth

_URL = "https://download.alleninstitute.org/informatics-archive/current-release/mouse_ccf"
_IMAGE = re.compile(r"(average_template|ara_nissl)_(10|25|50|100)\.nrrd")
_ANNOTATION = "annotation_{}.nrrd"
_NAMES = ("structure_graph.json", "1.json", "structure_tree.json", "structures.json", "query.csv")

SPEC = DatasetSpec(
    name="allen-mouse",
    title="Allen Mouse Brain Atlas (CCFv3)",
    summary="The average mouse brain in two-photon autofluorescence (or Nissl), with some hundred "
    "structures.",
    modality="anatomical atlas",
    licence="Allen Institute terms of use: free for research with citation, not for commercial use",
    citation="Wang Q. et al., The Allen mouse brain common coordinate framework: a 3D reference atlas, "
    "Cell 181 (2020) 936-953, doi:10.1016/j.cell.2020.04.007",
    size="about 40 MB at 25 µm; 10 µm is some hundred MB",
    homepage="https://atlas.brain-map.org",
    access="Direct download, by resolution. No checksums are published.",
    layout="  average_template_25.nrrd   images (or ara_nissl_25.nrrd); 10, 25, 50 or 100 µm\n"
    "  annotation_25.nrrd         numbers of structures\n"
    "  structure_graph.json       their names and colours (or 1.json, structures.json, query.csv)",
    files=tuple(
        file
        for um, template, annotation in ((25, 33, 4), (50, 4, 1), (100, 1, 1), (10, 330, 30))
        for file in (
            RemoteFile(
                f"{um} um",
                f"{_URL}/average_template/average_template_{um}.nrrd",
                f"average_template_{um}.nrrd",
                template,
            ),
            RemoteFile(
                f"{um} um",
                f"{_URL}/annotation/ccf_2017/annotation_{um}.nrrd",
                f"annotation_{um}.nrrd",
                annotation,
            ),
            RemoteFile(
                f"{um} um",
                "https://api.brain-map.org/api/v2/structure_graph_download/1.json",
                "structure_graph.json",
                1,
            ),
        )
    ),
    default_parts=("25 um",),
)


def items(folder: Path) -> tuple[str, ...]:
    """List the images: ``"average_template_25"``."""
    if not folder.is_dir():
        return ()
    found = [file.stem for file in entries_of(folder) if _IMAGE.fullmatch(file.name)]
    return tuple(sorted(found, key=lambda stem: (stem.startswith("ara"), stem)))


def load(folder: Path, item: str | None = None) -> Stack:
    """Open an image of the atlas with its structures.

    Parameters
    ----------
    folder : Path
    item : str, optional
        Such as ``"average_template_25"``; the first if not given.

    Returns
    -------
    Stack
        Axes ``"zyx"``: coronal planes from anterior to posterior, rows from superior to inferior, columns
        from left to right. Voxels in µm, as the name of the file says. `labels` holds the numbers of
        structures, `label_classes` their names and colours where a file of names is there.
    """
    chosen = choose_item(SPEC, folder, items(folder), item)
    um = float(chosen.rpartition("_")[2])
    voxel = ((um,) * 3, "µm")
    # In the files the fastest axis runs from anterior to posterior: as they are stored, that is the first.
    image = load_quietly(folder / f"{chosen}.nrrd", "zyx", voxel, name=f"Allen mouse {chosen}")
    annotation = folder / _ANNOTATION.format(f"{um:g}")
    if not annotation.is_file():
        raise missing(SPEC, annotation, "the numbers of the structures")
    truth = load_quietly(annotation, "zyx", voxel)
    return with_truth(image, truth.data, annotation.name, load_structures(folder))


def load_structures(folder: Path) -> LabelClasses:
    """Read names and colours of structures, by number; empty if no file of names is in the folder."""
    file = next((folder / name for name in _NAMES if (folder / name).is_file()), None)
    if file is None:
        return {}
    try:
        rows = _csv_rows(file) if file.suffix == ".csv" else list(_nodes(json.loads(file.read_text("utf-8"))))
        return {int(row["id"]): LabelClass(_called(row), _color(row)) for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{file} is not a list of structures as the Allen Institute writes it ({error!r}). Download it "
            "again."
        ) from error


def _csv_rows(file: Path) -> list[Mapping[str, Any]]:
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Structures of a tree (with ``children``, perhaps under ``msg``) or a flat list."""
    if isinstance(tree, list):
        for node in tree:
            yield from _nodes(node)
    elif "msg" in tree:
        yield from _nodes(tree["msg"])
    else:
        yield tree
        yield from _nodes(tree.get("children") or [])


def _called(row: Mapping[str, Any]) -> str:
    name = str(row.get("name") or row.get("safe_name") or row["id"])
    return f"{name} ({row['acronym']})" if row.get("acronym") else name


def _color(row: Mapping[str, Any]) -> str:
    stated = row.get("color_hex_triplet") or row.get("rgb_triplet")
    if isinstance(stated, list):
        return "#" + "".join(f"{int(value):02x}" for value in stated)
    # Spreadsheets drop the zeros in front.
    return f"#{str(stated).lower():0>6}" if stated else ""
