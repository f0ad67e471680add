"""What image a probe has learned from, and how another one differs from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..io.units import canonical
from ..normalisation import Normalisation

if TYPE_CHECKING:
    from ..io import Stack

# Pixels that differ by less look alike to filters and networks.
_SAME_SIZE = 1.1
# Ranges whose width differs by more are of another exposure, or another kind of image.
_SAME_RANGE = 2.0
_IN_NM = {"nm": 1.0, "µm": 1e3, "mm": 1e6, "m": 1e9}


@dataclass(frozen=True)
class Origin:
    """What is known of an image: all but the range of intensities may be missing.

    Parameters
    ----------
    low, high : float
        Intensities that were taken to 0 and 1; see `Normalisation`.
    dtype : str
        Of the pixels, such as ``"uint8"``; empty where nothing else is known.
    axes : str
        As of a `Stack`.
    channels : int
    rgb : bool
        Whether the channels are red, green and blue.
    voxel_size : tuple of float
        Along `axes` but ``c``, in `units`; empty where it is not known.
    units : tuple of str
    """

    low: float
    high: float
    dtype: str = ""
    axes: str = ""
    channels: int = 1
    rgb: bool = False
    voxel_size: tuple[float, ...] = ()
    units: tuple[str, ...] = ()

    @classmethod
    def of(cls, normalisation: Normalisation, stack: Stack | None = None) -> Origin:
        """Take from a stack what is known of it."""
        if stack is None:
            return cls(normalisation.low, normalisation.high)
        is_known = "pixel" not in stack.units[len(stack.plane_axes) :]
        return cls(
            normalisation.low,
            normalisation.high,
            str(stack.data.dtype),
            stack.axes,
            stack.n_channels,
            stack.rgb,
            stack.voxel_size if is_known else (),
            stack.units if is_known else (),
        )

    @property
    def kind(self) -> str:
        """Say what its planes are of: ``"grey"``, ``"colour"``, ``"2 channels"``."""
        if self.rgb:
            return "colour"
        return "grey" if self.channels == 1 else f"{self.channels} channels"

    @property
    def size_in_words(self) -> str:
        """Pixel size for people: ``"4 × 4 nm"``."""
        return f"{' × '.join(f'{side:g}' for side in self.voxel_size[-2:])} {self.units[-1]}"

    def size_ratio(self, other: Origin) -> float | None:
        """How many times larger the pixels of another image are; None where one is not known."""
        mine, theirs = _side_in_nm(self), _side_in_nm(other)
        return None if mine is None or theirs is None else theirs / mine


def differences(learned: Sequence[Origin], here: Origin) -> list[str]:
    """Say how an image differs from all that a probe has learned from.

    Parameters
    ----------
    learned : sequence of Origin
    here : Origin

    Returns
    -------
    list of str
        Sentences for the user, the gravest first; empty where nothing is known to differ.
    """
    known = [origin for origin in learned if origin.dtype]
    if not known or not here.dtype:
        return []
    told = [_kind_differs(known, here), _size_differs(known, here), _range_differs(known, here)]
    return [sentence for sentence in told if sentence]


def _kind_differs(known: Sequence[Origin], here: Origin) -> str:
    if here.kind in {origin.kind for origin in known}:
        return ""
    return f"This image is {here.kind}, but the probe has learned from {known[0].kind} images."


def _size_differs(known: Sequence[Origin], here: Origin) -> str:
    ratios = [(ratio, origin) for origin in known if (ratio := origin.size_ratio(here)) is not None]
    if not ratios:
        return ""
    ratio, nearest = min(ratios, key=lambda pair: max(pair[0], 1 / pair[0]))
    if 1 / _SAME_SIZE <= ratio <= _SAME_SIZE:
        return ""
    compared = f"{ratio:.3g} times smaller" if ratio > 1 else f"{1 / ratio:.3g} times larger"
    return (
        f"Pixels are {here.size_in_words} here and {nearest.size_in_words} where the probe has learned: "
        f"everything looks {compared} to it. Resample the image, or paint some strokes on it."
    )


def _range_differs(known: Sequence[Origin], here: Origin) -> str:
    types = sorted({origin.dtype for origin in known})
    width = here.high - here.low
    ratios = [width / (origin.high - origin.low) for origin in known if origin.high > origin.low]
    nearest = min((max(ratio, 1 / ratio) for ratio in ratios if ratio > 0), default=1.0)
    if here.dtype in types and nearest <= _SAME_RANGE:
        return ""
    first = known[0]
    return (
        f"Intensities run from {here.low:.4g} to {here.high:.4g} ({here.dtype}) here, and from "
        f"{first.low:.4g} to {first.high:.4g} ({', '.join(types)}) where the probe has learned. "
        "Each image is stretched to its own range, so look at a plane before you trust it."
    )


def _side_in_nm(origin: Origin) -> float | None:
    plane = list(zip(origin.voxel_size, origin.units, strict=True))[-2:]
    sides = [canonical(size, unit) for size, unit in plane]
    lengths = [size * _IN_NM[unit] for size, unit in filter(None, sides) if unit in _IN_NM]
    return (lengths[0] * lengths[1]) ** 0.5 if len(lengths) == 2 else None
