"""Voxel size and channel names in the dialects of TIFF."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.etree import ElementTree

from .file_image import Size
from .label_classes import LabelClasses, from_imagej, from_ome_xml
from .units import canonical

_INCH, _CENTIMETRE = 2, 3
_PER_UNIT = {_INCH: (25400.0, "µm"), _CENTIMETRE: (10000.0, "µm")}
# Resolutions of printers and screens, which programs write when they know nothing better.
_DPI_WITHOUT_MEANING = (1, 72, 90, 96, 100, 120, 144, 150, 200, 240, 300, 350, 400, 600, 1200, 2400)


def voxel_sizes(tif: Any, index: int) -> tuple[dict[str, Size], str]:
    """Sizes along ``t``, ``z``, ``y`` and ``x`` that a file states, and a note if they were left out.

    Parameters
    ----------
    tif : TiffFile
    index : int
        Number of the series.
    """
    if tif.is_ome:
        sizes = _from_ome(tif.ome_metadata, index)
        if sizes:
            return sizes, ""
    if tif.is_imagej:
        return _from_imagej(tif), ""
    if tif.is_lsm:
        return _from_lsm(tif.lsm_metadata), ""
    shaped: Mapping[str, Any] = (tif.shaped_metadata or ({},))[0] if tif.is_shaped else {}
    by_tags, note = _from_resolution(tif.pages[0])
    return by_tags | _from_keys(shaped), note


def channel_names(tif: Any, index: int) -> tuple[str, ...]:
    """Names of the channels as OME-XML gives them; empty if it does not."""
    if not tif.is_ome:
        return ()
    names = []
    for tag, attributes in _image_elements(tif.ome_metadata, index):
        if tag == "Channel":
            names.append(attributes.get("Name", ""))
    return tuple(names) if names and all(names) else ()


def classes_of(tif: Any) -> LabelClasses:
    """Names and colours of the classes of a label image that this package wrote; empty otherwise."""
    if tif.is_ome:
        return from_ome_xml(tif.ome_metadata)
    return from_imagej((tif.imagej_metadata or {}).get("Info")) if tif.is_imagej else {}


def _from_ome(xml: str, index: int) -> dict[str, Size]:
    for tag, attributes in _image_elements(xml, index):
        if tag != "Pixels":
            continue
        sizes = {}
        for letter in "xyz":
            key = f"PhysicalSize{letter.upper()}"
            size = _size(attributes.get(key), attributes.get(f"{key}Unit", "µm"))
            if size is not None:
                sizes[letter] = size
        interval = _size(attributes.get("TimeIncrement"), attributes.get("TimeIncrementUnit", "s"))
        return sizes | ({"t": interval} if interval else {})
    return {}


def _image_elements(xml: str, index: int) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Elements of one image up to its first plane; files list tens of thousands of planes behind."""
    image = -1
    events = ElementTree.iterparse(io.BytesIO(xml.encode("utf-8")), events=("start",))
    try:
        for _, element in events:
            tag = element.tag.rpartition("}")[2]
            if tag == "Image":
                image += 1
            elif image == index and tag in ("TiffData", "Plane", "BinData"):
                return
            elif image == index:
                yield tag, element.attrib
            elif image > index:
                return
    except ElementTree.ParseError:
        # The pixels can be read all the same; the sizes are then reported as missing.
        return


def _from_imagej(tif: Any) -> dict[str, Size]:
    meta = tif.imagej_metadata or {}
    unit = str(meta.get("unit", ""))
    sizes = {}
    for letter, tag in (("x", "XResolution"), ("y", "YResolution")):
        per_unit = _rational(tif.pages[0].tags.get(tag))
        size = _size(_inverse(per_unit), str(meta.get(f"{letter}unit", unit)))
        if size is not None and not (unit in _IMAGEJ_DEFAULT_UNITS and _is_dpi(per_unit or 0)):
            sizes[letter] = size
    spacing = meta.get("spacing")
    depth = _size(abs(spacing) if isinstance(spacing, (int, float)) else None, str(meta.get("zunit", unit)))
    if depth is not None:
        sizes["z"] = depth
    interval = _size(meta.get("finterval"), str(meta.get("tunit", "s")))
    return sizes | ({"t": interval} if interval else {})


_IMAGEJ_DEFAULT_UNITS = ("inch", "in")


def _from_lsm(meta: Mapping[str, Any]) -> dict[str, Size]:
    """Zeiss states metres and seconds."""
    sizes = {}
    for letter in "xyz":
        metres = meta.get(f"VoxelSize{letter.upper()}")
        size = _size(metres * 1e6 if metres else None, "µm")
        if size is not None:
            sizes[letter] = size
    interval = _size(meta.get("TimeIntervall"), "s")
    return sizes | ({"t": interval} if interval else {})


def _from_keys(meta: Mapping[str, Any]) -> dict[str, Size]:
    """Sizes that were written with the keys of OME or ImageJ into the description of a plain file."""
    sizes = {}
    for letter in "xyz":
        key = f"PhysicalSize{letter.upper()}"
        size = _size(meta.get(key), str(meta.get(f"{key}Unit", "µm")))
        if size is not None:
            sizes[letter] = size
    depth = _size(meta.get("spacing"), str(meta.get("unit", "")))
    if depth is not None:
        sizes.setdefault("z", depth)
    interval = _size(meta.get("finterval"), str(meta.get("tunit", "s")))
    return sizes | ({"t": interval} if interval else {})


def _from_resolution(page: Any) -> tuple[dict[str, Size], str]:
    """Pixel size from the resolution tags, in pixels per inch or centimetre."""
    aperio = re.search(r"\bMPP\s*=\s*([\d.]+)", page.description or "")
    if aperio and (size := _size(aperio[1], "µm")):
        return {"y": size, "x": size}, ""
    unit_tag = page.tags.get("ResolutionUnit")
    unit = int(unit_tag.value) if unit_tag is not None else _INCH
    if unit not in _PER_UNIT:
        return {}, ""
    length, name = _PER_UNIT[unit]
    sizes = {}
    for letter, tag in (("y", "YResolution"), ("x", "XResolution")):
        per_unit = _rational(page.tags.get(tag))
        if not per_unit:
            continue
        per_inch = per_unit * 25400 / length
        if _is_dpi(per_inch) or per_unit == 1:
            return {}, (
                f"The file states {per_inch:.4g} dots per inch, a resolution of printers; it was not used."
                if per_inch > 2.6
                else ""
            )
        size = _size(_inverse(per_unit / length), name)
        if size is not None:
            sizes[letter] = size
    return sizes, ""


def _is_dpi(per_inch: float) -> bool:
    return any(abs(per_inch - dpi) <= 1e-3 * dpi for dpi in _DPI_WITHOUT_MEANING)


def _rational(tag: Any) -> float | None:
    """Value of a tag that holds a fraction; None if there is none or it divides by zero."""
    if tag is None:
        return None
    value = tag.value
    if not isinstance(value, tuple):
        return float(value) or None
    return value[0] / value[1] if value[0] and value[1] else None


def _inverse(per_unit: float | None) -> float | None:
    """Size of a pixel; fractions of 32-bit numbers bring 0.004 back as 0.0040000000037."""
    return float(f"{1 / per_unit:.8g}") if per_unit else None


def _size(value: Any, unit: str) -> Size | None:
    try:
        return None if value is None else canonical(float(value), unit)
    except (TypeError, ValueError):
        return None
