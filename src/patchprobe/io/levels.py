"""Which level of a pyramid a window can show at once."""

from __future__ import annotations

from pathlib import Path

from .formats import find_format

_MOST_PIXELS = 64_000_000


def viewable_level(path: Path) -> int:
    """Return the finest level of a slide with at most 64 million pixels; 0 for anything that is no slide.

    A window and the features take planes as a whole.
    """
    if not path.is_file() or find_format(path)[0].module != "slide":
        return 0
    from .slide import level_shapes

    shapes = level_shapes(path)
    return next(
        (n for n, (height, width) in enumerate(shapes) if height * width <= _MOST_PIXELS),
        len(shapes) - 1 if shapes else 0,
    )
