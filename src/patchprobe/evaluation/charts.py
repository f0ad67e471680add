"""The kinds of figure that the reports have: bars, heatmaps, confusion matrices, curves and pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .figure import Figure, canvas, finished

# Distinguishable for colour-blind people (Okabe and Ito).
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#000000", "#999999")
_HEAT = "viridis"
# Inches that an entry of a legend takes: its line and gaps, and each letter.
_LEGEND_KEY, _LEGEND_LETTER = 0.7, 0.075
_PRINTED, _FAINT = "#000000", "#777777"

Matrix = npt.NDArray[np.float64]


def bars(
    name: str,
    title: str,
    groups: Sequence[str],
    panels: Mapping[str, Mapping[str, Sequence[Sequence[float]]]],
    printed: Mapping[str, Mapping[str, Sequence[float | None]]] | None = None,
) -> Figure:
    """Draw grouped bars, one panel below the other.

    Parameters
    ----------
    name, title : str
    groups : sequence of str
        What stands along the horizontal axis.
    panels : mapping of str to mapping of str to sequence
        For each panel, by the name of its axis, and each series, the repeated values of each group: bars
        are means, whiskers standard deviations.
    printed : mapping, optional
        For each panel and series, what a report prints of each group: lines across the bars.
    """
    drawn, axes = canvas(1.6 + 1.05 * len(groups), 2.3 * len(panels), rows=len(panels))
    for axis, (label, series) in zip(axes[:, 0], panels.items(), strict=True):
        width = 0.8 / len(series)
        for index, (key, values) in enumerate(series.items()):
            at = np.arange(len(groups)) + (index - (len(series) - 1) / 2) * width
            heights, spread = ([function(each) for each in values] for function in (np.mean, np.std))
            color = COLORS[index % len(COLORS)]
            axis.bar(at, heights, 0.92 * width, color=color, label=key, yerr=spread, ecolor=_FAINT)
            if printed is not None:
                _mark_printed(axis, at, printed[label][key], width)
        axis.set_xticks(range(len(groups)), groups)
        axis.set_ylabel(label)
        axis.set_ylim(0, 1.02)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    _legend(drawn, handles, labels)
    return finished(drawn, name, title)


def _mark_printed(axis: Any, at: npt.NDArray[Any], values: Sequence[float | None], width: float) -> None:
    for x, value in zip(at, values, strict=True):
        if value is not None:
            axis.plot([x - width / 2, x + width / 2], [value, value], color=_PRINTED, linewidth=1.6)


def heatmaps(
    name: str,
    title: str,
    matrices: Mapping[str, Matrix],
    rows: Sequence[str],
    columns: Sequence[str],
    row_label: str = "",
    column_label: str = "",
    per_line: int = 2,
) -> Figure:
    """Draw matrices of shares from 0 to 1, side by side, with their numbers.

    Parameters
    ----------
    name, title : str
    matrices : mapping of str to ndarray, shape (rows, columns)
    rows, columns : sequence of str
        Names along the two axes.
    row_label, column_label : str
        What the names are.
    per_line : int
        Matrices side by side.
    """
    across = min(per_line, len(matrices))
    down = -(-len(matrices) // across)
    size = 0.62 * len(columns) + 1.3
    drawn, axes = canvas(size * across, size * down, down, across)
    for axis, (key, matrix) in zip(axes.flat, matrices.items(), strict=False):
        axis.imshow(matrix, vmin=0, vmax=1, cmap=_HEAT)
        axis.set_title(key)
        axis.set_xticks(range(len(columns)), columns, rotation=45, ha="right", rotation_mode="anchor")
        axis.set_yticks(range(len(rows)), rows)
        axis.set_xlabel(column_label)
        axis.set_ylabel(row_label)
        for (row, column), value in np.ndenumerate(matrix):
            shade = "white" if value < 0.6 else "black"
            axis.text(column, row, f"{value:.2f}", ha="center", va="center", color=shade, fontsize=8)
    for axis in axes.flat[len(matrices) :]:
        axis.set_axis_off()
    return finished(drawn, name, title)


def curves(
    name: str,
    title: str,
    along: Sequence[float],
    panels: Mapping[str, Mapping[str, Sequence[float]]],
    along_label: str,
    value_label: str,
    per_line: int = 4,
    size: float = 2.5,
) -> Figure:
    """Draw values over a number that doubles, one panel for each data set.

    Parameters
    ----------
    name, title : str
    along : sequence of float, length n
    panels : mapping of str to mapping of str to sequence of float, each of length n
        For each panel, by its title, the values of each series.
    along_label, value_label : str
    per_line : int
        Panels side by side.
    size : float
        Width of a panel in inches.
    """
    across = min(per_line, len(panels))
    down = -(-len(panels) // across)
    drawn, axes = canvas(size * across + 0.4, 0.88 * size * down + 0.5, down, across)
    for axis, (key, series) in zip(axes.flat, panels.items(), strict=False):
        for index, (label, values) in enumerate(series.items()):
            axis.plot(along, values, "o-", markersize=3, color=COLORS[index % len(COLORS)], label=label)
        axis.set_title(key)
        axis.set_xscale("log", base=2)
        axis.set_xticks(along, [f"{value:g}" for value in along])
        axis.set_ylim(0, 1.02)
        axis.grid(color="#e5e5e5")
        axis.set_xlabel(along_label)
        axis.set_ylabel(value_label)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    handles, labels = axes.flat[0].get_legend_handles_labels()
    _legend(drawn, handles, labels)
    return finished(drawn, name, title)


def _legend(drawn: Any, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Put the legend below the panels, in as many columns as fit."""
    entry = _LEGEND_KEY + _LEGEND_LETTER * max(map(len, labels))
    columns = max(1, int(drawn.get_figwidth() // entry))
    drawn.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)), frameon=False)


def pictures(
    name: str,
    title: str,
    rows: Mapping[str, Sequence[npt.NDArray[Any]]],
    heads: Sequence[str],
    size: float = 1.75,
) -> Figure:
    """Draw rows of images under common heads.

    Parameters
    ----------
    name, title : str
    rows : mapping of str to sequence of ndarray, each (H, W) or (H, W, 3) in [0, 1]
        For each row, by its name, as many images as there are heads.
    heads : sequence of str
    size : float
        Width of an image in inches.
    """
    tallest = max(image.shape[0] / image.shape[1] for images in rows.values() for image in images)
    width, height = size * len(heads) + 0.3, size * min(tallest, 1.4) * len(rows) + 0.4
    drawn, axes = canvas(width, height, len(rows), len(heads))
    for line, (key, images) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(key)
        for axis, image in zip(line, images, strict=True):
            _show(axis, image)
    for axis, head in zip(axes[0], heads, strict=True):
        axis.set_title(head)
    return finished(drawn, name, title)


def gallery(
    name: str,
    title: str,
    images: Mapping[str, npt.NDArray[Any]],
    per_line: int = 4,
    size: float = 2.6,
) -> Figure:
    """Draw images under a head of their own each, in lines.

    Parameters
    ----------
    name, title : str
    images : mapping of str to ndarray, each (H, W) or (H, W, 3) in [0, 1]
        By their heads.
    per_line : int
        Images side by side.
    size : float
        Width of an image in inches.
    """
    across = min(per_line, len(images))
    down = -(-len(images) // across)
    height, width = next(iter(images.values())).shape[:2]
    drawn, axes = canvas(size * across, (size * height / width + 0.3) * down, down, across)
    for axis, (head, image) in zip(axes.flat, images.items(), strict=False):
        _show(axis, image)
        axis.set_title(head)
    for axis in axes.flat[len(images) :]:
        axis.set_axis_off()
    return finished(drawn, name, title)


def _show(axis: Any, image: npt.NDArray[Any]) -> None:
    """Draw an image without scale and frame."""
    axis.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.set_xticks([])
    axis.set_yticks([])
    for edge in axis.spines.values():
        edge.set_visible(False)


def tinted(image: npt.NDArray[np.floating], mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Lay a mask over an image (H, W) or (H, W, 3) in [0, 1]; the result is (H, W, 3)."""
    return coloured(image, mask.astype(np.uint8) * 2)


def coloured(
    image: npt.NDArray[np.floating], labels: npt.NDArray[np.integer], strength: float = 0.55
) -> npt.NDArray[np.float32]:
    """Lay classes over an image in [0, 1], each in its colour.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (H, W, 3)
    labels : ndarray of int, shape (H, W)
        0 shows the image as it is.
    strength : float
        1 hides the image below.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
    """
    rgb = np.repeat(image[..., None], 3, axis=2) if image.ndim == 2 else image
    out = np.array(np.clip(rgb, 0, 1), dtype=np.float32)
    for number in np.unique(labels[labels > 0]):
        color = COLORS[(int(number) - 1) % len(COLORS)]
        paint = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float32) / 255
        inside = labels == number
        out[inside] = (1 - strength) * out[inside] + strength * paint
    return out
