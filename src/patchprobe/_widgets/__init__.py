"""The dock widgets, one per file. Each is imported when it is first used."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .align import AlignWidget
    from .embed import EmbedWidget
    from .load import LoadWidget
    from .probe import ProbeWidget

__all__ = ["AlignWidget", "EmbedWidget", "LoadWidget", "ProbeWidget"]

_HOMES = {"AlignWidget": "align", "EmbedWidget": "embed", "LoadWidget": "load", "ProbeWidget": "probe"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
