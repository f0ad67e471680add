"""Colours that carry meaning, readable in the dark and in the light theme."""

from __future__ import annotations

from dataclasses import dataclass

from napari.utils.theme import get_theme
from napari.viewer import Viewer


@dataclass(frozen=True)
class Tones:
    """Text and dot colours over the background of a theme, as ``"#rrggbb"``."""

    error: str
    muted: str
    idle: str
    working: str
    ready: str
    look: str


_ON_DARK = Tones(
    error="#ff8a80", muted="#a8adb5", idle="#8b9199", working="#5aa9ff", ready="#4cc36b", look="#f0b429"
)
_ON_LIGHT = Tones(
    error="#b3151f", muted="#5c5f66", idle="#777c83", working="#1664c0", ready="#1d7f3c", look="#9a6700"
)


def tones_of(viewer: Viewer) -> Tones:
    """Return the tones that go with the viewer's theme."""
    return _ON_LIGHT if get_theme(viewer.theme).type == "light" else _ON_DARK


def focus_style(viewer: Viewer) -> str:
    """Return a style sheet that shows which control has the keyboard, which napari's own does not."""
    accent = tones_of(viewer).working
    parts = ("QToolButton", "QPushButton", "QCheckBox", "QLineEdit", "QComboBox")
    return ", ".join(f"{part}:focus" for part in parts) + f" {{ border: 1px solid {accent} }}"


def text_color(viewer: Viewer) -> str:
    """Return the colour of text in the viewer's theme, for what is painted by hand."""
    return str(get_theme(viewer.theme).text.as_hex())
