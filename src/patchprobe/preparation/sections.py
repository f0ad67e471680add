"""EM sections of equal brightness and contrast."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..io import Stack
from .planewise import map_planes

# So many pixels of a section tell its brightness.
_PIXELS = 1 << 16


def match_sections(stack: Stack, method: Literal["linear", "histogram"] = "linear") -> Stack:
    """Bring every section to the brightness and contrast of the whole stack.

    Parameters
    ----------
    stack : Stack
        Integer or real, without channels.
    method : {"linear", "histogram"}
        ``"linear"``: median and the distance of the quartiles become those of the stack, the medians over
        sections of these. ``"histogram"``: the whole histogram becomes that of the section in the
        middle.

    Returns
    -------
    Stack
        Lazy, of the same dtype. Pixels that are 0 are taken for "nothing there" and stay 0; sections of one
        value throughout stay as they are.

    Raises
    ------
    InputError
        If it has channels or a single section.
    """
    if stack.axes.endswith("c") or stack.n_planes < 2:
        raise InputError(
            f"{stack.name} has the axes {stack.axes!r} and {stack.n_planes} section(s); matching takes "
            "several sections without channels."
        )
    if method not in ("linear", "histogram"):
        raise InputError(f"method {method!r} is not known. Use 'linear' or 'histogram'.")
    match = _linear(stack) if method == "linear" else _by_histogram(stack)

    def matched(plane: npt.NDArray[Any], number: int) -> npt.NDArray[Any]:
        seen = plane != 0
        if not seen.any() or plane[seen].min() == plane[seen].max():
            return plane
        values = np.where(seen, match(plane.astype(np.float64), number), 0)
        return _rounded(values, plane.dtype)

    return map_planes(stack, matched, stack.data.dtype, f"Sections were matched in brightness ({method}).")


def _linear(stack: Stack) -> Any:
    """Map by median and quartiles; those of all sections are looked at once."""
    known = [_middle_and_spread(stack.plane(n)) for n in range(stack.n_planes)]
    usable = [entry for entry in known if entry is not None]
    if not usable:
        raise InputError(f"{stack.name} has one value in every section; there is nothing to match.")
    middle, spread = np.median(np.array(usable), axis=0)

    def match(plane: npt.NDArray[np.float64], number: int) -> npt.NDArray[np.float64]:
        own = known[number]
        return plane if own is None else (plane - own[0]) * (spread / own[1]) + middle

    return match


def _middle_and_spread(plane: npt.NDArray[Any]) -> tuple[float, float] | None:
    seen = plane[plane != 0]
    if seen.size == 0:
        return None
    low, middle, high = np.percentile(seen[:: max(1, seen.size // _PIXELS)], [25, 50, 75])
    return (float(middle), float(high - low)) if high > low else None


def _by_histogram(stack: Stack) -> Any:
    reference = stack.plane(stack.n_planes // 2)
    reference = reference[reference != 0]
    if reference.size == 0:
        raise InputError(f"The section in the middle of {stack.name} is empty; use method='linear'.")

    def match(plane: npt.NDArray[np.float64], number: int) -> npt.NDArray[np.float64]:
        from skimage import exposure

        seen = plane != 0
        result = plane.copy()
        result[seen] = exposure.match_histograms(plane[seen], reference.astype(np.float64))
        return result

    return match


def _rounded(values: npt.NDArray[np.float64], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    if dtype.kind not in "iu":
        return values
    info = np.iinfo(dtype)
    return np.clip(np.rint(values), info.min, info.max)
