"""A drawn figure as a value, and how it is drawn."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    # Equal figures give equal files.
    "svg.hashsalt": "patchprobe",
}
_DPI = 110


@dataclass(frozen=True)
class Figure:
    """A figure, drawn.

    Parameters
    ----------
    name : str
        Stem of its files.
    title : str
        What it shows, in a sentence.
    png, svg : bytes
    """

    name: str
    title: str
    png: bytes = field(repr=False)
    svg: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


def canvas(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Canvas, Any]:
    """Return an empty figure, in inches, and its axes (rows, columns).

    Raises
    ------
    InputError
        If matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise InputError(
            "Figures are drawn by matplotlib, which is not installed. Install it with "
            "pip install 'patchprobe[evaluation]'."
        ) from error
    with matplotlib.rc_context(_STYLE):
        drawn = Canvas(figsize=(width, height), layout="constrained")
        axes = drawn.subplots(rows, columns, squeeze=False)
    return drawn, axes


def finished(drawn: Canvas, name: str, title: str) -> Figure:
    """Return a figure as PNG and SVG."""
    import matplotlib

    files = {}
    with matplotlib.rc_context(_STYLE):
        for form, metadata in (("png", {"Software": None}), ("svg", {"Date": None})):
            out = io.BytesIO()
            drawn.savefig(out, format=form, dpi=_DPI, metadata=metadata)
            files[form] = out.getvalue()
    return Figure(name, title, files["png"], files["svg"])
