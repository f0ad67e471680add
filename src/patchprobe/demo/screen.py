"""How the demonstration ends: in a window to paint in, or with files. The one place that decides it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ..errors import InputError

Screen = Literal["none", "virtual", "real"]

DEFAULT_FOLDER = "demo_output"
_NO_NAPARI = "napari is not installed; pip install 'patchprobe[qt]' brings the window."


@dataclass(frozen=True)
class Ending:
    """What to do with the results.

    Parameters
    ----------
    window : bool
        Open napari and stay until it is closed.
    folder : Path or None
        Where to write files; None writes none.
    screenshot : bool
        Open napari for a picture of its window.
    reason : str
        Why there is no window, where one may have been expected.
    """

    window: bool
    folder: Path | None
    screenshot: bool
    reason: str = ""


def find_screen() -> Screen:
    """Tell whether there is a screen, and whether anybody can see it."""
    if sys.platform in ("darwin", "win32"):
        return "real"
    if os.environ.get("WAYLAND_DISPLAY"):
        return "real"
    if not os.environ.get("DISPLAY"):
        return "none"
    # xvfb-run keeps its key in a folder named after itself.
    return "virtual" if "xvfb-run" in os.environ.get("XAUTHORITY", "") else "real"


def choose_ending(window: bool | None, output: str | None) -> Ending:
    """Decide between window and files.

    Parameters
    ----------
    window : bool or None
        True and False are the person's wish. None means: a window where somebody can see it and no folder
        was asked for.
    output : str or None
        Folder for files; where no window opens it is ``demo_output`` if not given.

    Raises
    ------
    InputError
        If a window is asked for and there is no screen or no napari.
    """
    screen, has_napari = find_screen(), find_spec("napari") is not None
    if window and (screen == "none" or not has_napari):
        reason = _NO_NAPARI if not has_napari else "There is no display (DISPLAY is not set)."
        raise InputError(f"No window can be opened. {reason} Leave out --window to write files instead.")
    opens = bool(window) or (window is None and output is None and screen == "real" and has_napari)
    folder = None if opens and output is None else Path(output or DEFAULT_FOLDER)
    can_show = window is not False and screen != "none" and has_napari
    reason = ""
    if window is None and not has_napari:
        reason = _NO_NAPARI
    elif window is None and output is None and screen == "none":
        reason = "There is no display, so files were written instead of opening a window."
    return Ending(opens, folder, folder is not None and can_show and not opens, reason)
