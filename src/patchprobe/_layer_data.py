"""Stacks as napari layer data, without napari."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .io.label_classes import LabelClasses, to_json
from .io.stack import Stack

LayerData = tuple[Any, dict[str, Any], str]


def layer_data(stack: Stack) -> list[LayerData]:
    """Turn a stack, and its labels if it has some, into napari's layer data tuples.

    Parameters
    ----------
    stack : Stack

    Returns
    -------
    list of (data, arguments, kind)
        One image layer for grey levels or colours, one for each channel otherwise; then the labels. Only
        labels for a stack that is a label image itself and says what its numbers mean.
        The arguments hold ``name``, ``scale``, ``units``, ``axis_labels``, ``rgb`` (images) and
        ``metadata``, where ``metadata["patchprobe"]`` says where the layer came from.
    """
    if stack.classes and not stack.axes.endswith("c") and np.dtype(stack.data.dtype).kind in "bui":
        return [labels_layer_data(stack, stack.data, stack.name, stack.classes)]
    layers = [_image(part, index) for index, part in enumerate(_parts(stack))]
    if stack.labels is not None:
        layers.append(labels_layer_data(stack, stack.labels, f"{stack.name} labels", stack.label_classes))
    return layers


def labels_layer_data(stack: Stack, labels: Any, name: str, classes: LabelClasses | None = None) -> LayerData:
    """Layer data of labels that belong to a stack, in the shape of its data without ``c``."""
    values = labels.astype(np.uint8) if np.dtype(labels.dtype) == bool else labels
    about = _about(stack) | ({"classes": to_json(classes)} if classes else {})
    arguments = _placed(stack) | {"name": name, "metadata": {"patchprobe": about}}
    if classes:
        arguments["features"] = class_table({number: known.name for number, known in classes.items()})
    colors = {number: known.color for number, known in (classes or {}).items()}
    if colors and all(colors.values()):
        arguments["colormap"] = {None: "transparent", 0: "transparent", **colors}
    return values, arguments, "labels"


def class_table(names: Mapping[int, str]) -> dict[str, list[Any]]:
    """Features of a labels layer: from them napari says what the label under the mouse means."""
    return {"index": [0, *names], "class": ["none", *names.values()]}


def _parts(stack: Stack) -> list[Stack]:
    if stack.axes.endswith("c") and not stack.rgb:
        return [stack.channel(i) for i in range(stack.n_channels)]
    return [stack]


def _image(stack: Stack, channel: int) -> LayerData:
    arguments = _placed(stack) | {
        "name": stack.name,
        "rgb": stack.rgb,
        "metadata": {"patchprobe": _about(stack) | {"channel": channel}},
    }
    limits = _contrast_limits(stack)
    if limits is not None:
        arguments["contrast_limits"] = limits
    return stack.data, arguments, "image"


def _placed(stack: Stack) -> dict[str, Any]:
    """Where the voxels are: napari counts no axis for colours."""
    return {
        "scale": tuple(stack.voxel_size),
        "units": tuple(stack.units),
        "axis_labels": tuple(stack.axes.replace("c", "")),
    }


def _about(stack: Stack) -> dict[str, Any]:
    return {
        "axes": stack.axes,
        "source": stack.source,
        "format": stack.format,
        "voxel_size_source": stack.voxel_size_source,
        "notes": list(stack.notes),
    }


def _contrast_limits(stack: Stack) -> tuple[float, float] | None:
    """Full range of 8 bit; otherwise the extremes of the first, middle and last plane, not of all."""
    dtype = np.dtype(stack.data.dtype)
    if stack.rgb:
        return None
    if dtype == np.uint8:
        return None
    chosen = sorted({0, stack.n_planes // 2, stack.n_planes - 1})
    values = [stack.plane(i) for i in chosen]
    finite = np.concatenate([plane[np.isfinite(plane)].ravel() for plane in values])
    if finite.size == 0 or finite.min() == finite.max():
        return None
    return float(finite.min()), float(finite.max())
