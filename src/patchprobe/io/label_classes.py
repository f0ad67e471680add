"""What the numbers of a label image mean: names and colours of classes, in the words of each file format."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

_COLOR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_NAMES, _COLORS = "patchprobe/class-names", "patchprobe/class-colors"
# In ImageJ's Info, which people read too.
_INFO = "Classes: "


@dataclass(frozen=True)
class LabelClass:
    """One class of a label image.

    Parameters
    ----------
    name : str
    color : str
        ``"#rrggbb"``; empty where it is not known.
    """

    name: str
    color: str = ""


LabelClasses = Mapping[int, LabelClass]


def label_classes(names: Mapping[int, str] | None, colors: Mapping[int, str] | None) -> LabelClasses:
    """Bring names and colours by number together, in the order of the names."""
    names, colors = names or {}, colors or {}
    return {
        number: LabelClass(names.get(number, f"class {number}"), colors.get(number, ""))
        for number in dict.fromkeys([*names, *colors])
    }


def to_json(classes: LabelClasses) -> dict[str, dict[str, str]]:
    """Return classes as JSON can hold them, by number."""
    return {str(number): {"name": known.name, "color": known.color} for number, known in classes.items()}


def from_json(about: Any) -> LabelClasses:
    """Return what `to_json` made; what is no class is left out."""
    if not isinstance(about, Mapping):
        return {}
    return _valid((n, a.get("name"), a.get("color")) for n, a in about.items() if isinstance(a, Mapping))


def to_image_label(classes: LabelClasses) -> dict[str, Any]:
    """Return the ``image-label`` of OME-Zarr: a list of colours and one of properties."""
    coloured = {number: known.color for number, known in classes.items() if known.color}
    colors = [{"label-value": n, "rgba": [*_rgb(color), 255]} for n, color in coloured.items()]
    return {
        "properties": [{"label-value": n, "name": known.name} for n, known in classes.items()],
        **({"colors": colors} if colors else {}),
    }


def from_image_label(about: Any) -> LabelClasses:
    """Read the classes of an ``image-label``; other programs call the name ``class``."""
    if not isinstance(about, Mapping):
        return {}
    colors = {entry.get("label-value"): _hex(entry.get("rgba")) for entry in _entries(about, "colors")}
    properties = _entries(about, "properties")
    return _valid(
        (n, entry.get("name") or entry.get("class"), colors.get(n, ""))
        for entry in properties
        for n in (entry.get("label-value"),)
    )


def to_map_annotations(classes: LabelClasses) -> list[dict[str, str]]:
    """Return the annotations of OME-XML: keys and values, as OMERO lists them."""
    names = {str(number): known.name for number, known in classes.items()}
    colors = {str(number): known.color for number, known in classes.items() if known.color}
    return [
        {"Namespace": namespace, **values}
        for namespace, values in ((_NAMES, names), (_COLORS, colors))
        if values
    ]


def from_ome_xml(xml: str) -> LabelClasses:
    """Read the classes from the annotations in OME-XML."""
    if _NAMES not in xml:
        return {}
    found: dict[str, dict[str, str]] = {_NAMES: {}, _COLORS: {}}
    try:
        for element in ElementTree.fromstring(xml.encode("utf-8")).iter():
            namespace = element.get("Namespace", "")
            if namespace in found:
                found[namespace] = {m.get("K", ""): m.text or "" for m in element.iter() if m.get("K")}
    except ElementTree.ParseError:
        # The pixels can be read all the same.
        return {}
    return _valid((n, name, found[_COLORS].get(n)) for n, name in found[_NAMES].items())


def to_imagej(classes: LabelClasses, dtype: np.dtype[Any], as_channels: bool = False) -> dict[str, Any]:
    """Return classes as metadata of ImageJ: in words, and as the colours in which it shows them.

    Those are colours of 8-bit labels, or of one channel for each class.
    """
    metadata: dict[str, Any] = {"Info": _INFO + json.dumps(to_json(classes), ensure_ascii=False)}
    if as_channels:
        metadata["LUTs"] = [_ramp(known.color or "#ffffff") for known in classes.values()]
    elif dtype == np.uint8:
        metadata["LUTs"] = [_lookup_table(classes)]
    return metadata


def from_imagej(info: Any) -> LabelClasses:
    """Read the classes from ImageJ's Info."""
    for line in str(info or "").splitlines():
        if line.startswith(_INFO):
            try:
                return from_json(json.loads(line.removeprefix(_INFO)))
            except ValueError:
                return {}
    return {}


def _lookup_table(classes: LabelClasses) -> npt.NDArray[np.uint8]:
    """Colours (3, 256) of the labels; grey for those that are no class."""
    table = np.tile(np.arange(256, dtype=np.uint8), (3, 1))
    for number, known in classes.items():
        if known.color and number < table.shape[1]:
            table[:, number] = _rgb(known.color)
    return table


def _ramp(color: str) -> npt.NDArray[np.uint8]:
    """Colours (3, 256) from black to a colour."""
    ramp = np.rint(np.outer(_rgb(color), np.linspace(0, 1, 256)))
    return np.asarray(ramp, dtype=np.uint8)


def _valid(entries: Iterable[tuple[Any, Any, Any]]) -> LabelClasses:
    """Keep those of (number, name, colour) that are classes."""
    return {number: LabelClass(name, color) for number, name, color in _checked(entries)}


def _checked(entries: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[int, str, str]]:
    for number, name, color in entries:
        text = str(number)
        if text.isdigit() and int(text) > 0 and isinstance(name, str) and name:
            known = isinstance(color, str) and _COLOR.fullmatch(color) is not None
            yield int(text), name, color.lower() if known else ""


def _entries(about: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    listed = about.get(key)
    return [entry for entry in listed if isinstance(entry, Mapping)] if isinstance(listed, list) else []


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue


def _hex(rgba: Any) -> str:
    if not isinstance(rgba, list) or len(rgba) < 3 or not all(isinstance(v, int) for v in rgba):
        return ""
    return "#" + "".join(f"{min(max(value, 0), 255):02x}" for value in rgba[:3])
