"""Figures of planes: what was painted, what is predicted, what is true, and how two planes match."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..class_colors import PALETTE
from ..io import Stack
from .figure import Figure, canvas, finished

if TYPE_CHECKING:
    from ..alignment.translation import Translation

# Classes are tinted so that the image stays legible below; the first is mostly background.
_TINT, _FIRST_TINT, _PAINT = 0.55, 0.15, 1.0
_BELOW_TOP = 0.97
_ALONE, _LOWEST_SHOWN = 0.35, 5
_HEIGHT, _LEGEND_INCHES = 2.5, 1.45
_BAR_SHARE = 0.25
_ROUND_LENGTHS = (1, 2, 5)

Labels = npt.NDArray[np.integer]


def overlay(
    image: npt.NDArray[np.floating], labels: Labels, strength: float | None = None
) -> npt.NDArray[np.float32]:
    """Tint a plane with the colours that classes have everywhere.

    Parameters
    ----------
    image : ndarray, shape (H, W) or (H, W, 3)
        In [0, 1].
    labels : ndarray of int, shape (H, W)
        0 leaves a pixel as it is; classes beyond the ninth take the colours in turn.
    strength : float, optional
        0 to 1; if not given, the first class is tinted faintly and the others well.

    Returns
    -------
    ndarray of float32, shape (H, W, 3)
    """
    grey = image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)
    base = np.clip(grey[..., :3], 0, 1).astype(np.float32)
    colors = np.array([_rgb(color) for color in PALETTE], dtype=np.float32)[(labels - 1) % len(PALETTE)]
    of_class = np.where(labels == 1, _FIRST_TINT, _TINT) if strength is None else strength
    share = np.where(labels > 0, of_class, 0)[..., None].astype(np.float32)
    tinted: npt.NDArray[np.float32] = (1 - share) * base + share * colors
    return tinted


def segmentation(
    stack: Stack,
    plane: int,
    classes: Mapping[int, str],
    strokes: Labels | None = None,
    prediction: Labels | None = None,
    truth: Labels | None = None,
    name: str = "segmentation",
    title: str = "",
) -> Figure:
    """Draw a plane with its strokes, prediction and truth side by side, with a bar of its scale.

    Parameters
    ----------
    stack : Stack
    plane : int
    classes : mapping of int to str
        Names of the classes, for the legend.
    strokes, prediction, truth : ndarray of int, shape (H, W), optional
        Those that are given are drawn; without strokes the first panel shows the plane as it is.
    name, title : str
        Of the figure.
    """
    image = stack.normalisation().apply(stack.plane(plane))
    image = image[..., 0] if image.ndim == 3 and not stack.rgb else image
    panels: dict[str, npt.NDArray[Any]] = {f"plane {plane}": np.clip(image, 0, 1)}
    if strokes is not None:
        panels = {f"strokes on plane {plane}": overlay(image, strokes, _PAINT)}
    if prediction is not None:
        panels["prediction"] = overlay(image, prediction)
    if truth is not None:
        panels["truth"] = overlay(image, truth)
    width = _HEIGHT * stack.plane_shape[1] / stack.plane_shape[0]
    drawn, axes = _panels(max(width, 1.4) * len(panels) + 0.2, _HEIGHT + 0.6, len(panels))
    for axis, (head, picture) in zip(axes, panels.items(), strict=True):
        _show(axis, picture, head)
    _scale_bar(axes[0], stack)
    _legend(drawn, classes, max(1, int(drawn.get_figwidth() / _LEGEND_INCHES)))
    return finished(drawn, name, title or stack.name)


def registration(
    fixed: npt.NDArray[np.floating],
    moving: npt.NDArray[np.floating],
    similarity: npt.NDArray[np.floating],
    found: Translation,
    name: str = "registration",
    title: str = "",
) -> Figure:
    """Draw two planes, the correlation of their patches, and both over each other once they are aligned.

    Parameters
    ----------
    fixed, moving : ndarray, shape (H, W)
        In [0, 1].
    similarity : ndarray, shape (n, n)
        Of each patch of the fixed plane with each of the moving one, as `patch_correlation` gives it.
    found : Translation
        Of the moving plane.
    name, title : str
        Of the figure.
    """
    from scipy import ndimage

    back = [-step for step in found.shift]
    reached = ndimage.shift(np.ones_like(moving), back, order=0, mode="constant", cval=0) > 0
    placed = np.where(reached, ndimage.shift(moving, back, order=1, mode="nearest"), fixed)
    # The complement of red, so that what agrees is grey; where only one reaches, it is shown faintly.
    both = np.stack([fixed, placed, placed], axis=-1) * np.where(reached, 1, _ALONE)[..., None]
    drawn, (of_fixed, of_moving, of_patches, of_both) = _panels(4 * _HEIGHT + 0.6, _HEIGHT + 0.3, 4)
    _show(of_fixed, fixed, "fixed")
    _show(of_moving, moving, "moving")
    # Patches of one image are all alike to some degree; the shift is in what is left.
    low, high = np.percentile(similarity, [_LOWEST_SHOWN, 100])
    heat = of_patches.imshow(similarity, vmin=low, vmax=high, cmap="viridis", interpolation="nearest")
    of_patches.set_title("correlation of patches")
    of_patches.set_xlabel("patch of moving")
    of_patches.set_ylabel("patch of fixed")
    drawn.colorbar(heat, ax=of_patches, shrink=0.7)
    dy, dx = found.shift
    _show(of_both, both, f"shifted back {dy:.1f}, {dx:.1f} px ({found.status})")
    return finished(drawn, name, title)


def _panels(width: float, height: float, count: int) -> tuple[Any, Any]:
    drawn, axes = canvas(width, height, 1, count)
    # Images keep their shape, which the layout does not foresee: without room, heads are cut at the top.
    engine: Any = drawn.get_layout_engine()
    engine.set(rect=(0, 0, 1, _BELOW_TOP))
    return drawn, axes[0]


def _show(axis: Any, picture: npt.NDArray[Any], head: str) -> None:
    axis.imshow(np.clip(picture, 0, 1), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
    axis.set_title(head)
    axis.set_xticks([])
    axis.set_yticks([])
    for edge in axis.spines.values():
        edge.set_visible(False)


def _scale_bar(axis: Any, stack: Stack) -> None:
    """Draw a bar of a round length in the lower left corner; nothing where the size is not known."""
    size, unit = stack.voxel_size[-1], stack.units[-1]
    if unit == "pixel":
        return
    height, width = stack.plane_shape
    length = _round_length(_BAR_SHARE * width * size)
    left, bottom = 0.05 * width, 0.94 * height
    bar = {"linewidth": 3, "solid_capstyle": "butt"}
    axis.plot([left, left + length / size], [bottom, bottom], color="white", **bar)
    above = bottom - 0.03 * height
    text = axis.text(left, above, _in_words(length, unit), color="white", va="bottom", fontsize=8)
    text.set_path_effects(_outline())


def _round_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10, … that is not more."""
    power = float(10 ** np.floor(np.log10(most)))
    return max(step * power for step in _ROUND_LENGTHS if step * power <= most)


def _in_words(length: float, unit: str) -> str:
    larger = {"nm": "µm", "µm": "mm", "mm": "m"}
    if length >= 1000 and unit in larger:
        return f"{length / 1000:g} {larger[unit]}"
    return f"{length:g} {unit}"


def _outline() -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=2, foreground="black")]


def _legend(drawn: Any, classes: Mapping[int, str], columns: int) -> None:
    from matplotlib.patches import Patch

    handles = [
        Patch(facecolor=PALETTE[(number - 1) % len(PALETTE)], label=name) for number, name in classes.items()
    ]
    drawn.legend(handles=handles, loc="outside lower center", ncols=min(columns, len(handles)), frameon=False)


def _rgb(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue
