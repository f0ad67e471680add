"""Opening an image, and a backbone, as the options of a command say."""

from __future__ import annotations

import re
from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .terminal import Terminal

if TYPE_CHECKING:
    from ..backbones import Backbone
    from ..fusion import Fusion
    from ..io import Stack


def load_image(path: str, arguments: Namespace, terminal: Terminal) -> Stack:
    """Open an image as the options say, and tell what was guessed."""
    stack = _open(path, arguments)
    for note in stack.notes:
        terminal.note(f"{Path(path).name}: {with_options(note)}")
    return stack if arguments.channel is None else stack.channel(arguments.channel)


def _open(path: str, arguments: Namespace) -> Stack:
    """Open a folder of a known data set with its truth, unless the options say how to read it."""
    from ..io import load_stack

    if Path(path).is_dir() and not (arguments.axes or arguments.voxel_size or arguments.orientation):
        from .. import datasets

        name = datasets.recognise(path)
        if name is not None:
            return datasets.load(name, path, arguments.dataset)
    return load_stack(
        path,
        axes=arguments.axes,
        voxel_size=arguments.voxel_size,
        dataset=arguments.dataset,
        orientation=arguments.orientation,
    )


def load_backbone(name: str, arguments: Namespace) -> Backbone:
    """Return a backbone that is computed as the options say."""
    from ..backbones import get_backbone
    from ..compute import default_compute

    wishes = {
        key: getattr(arguments, key)
        for key in ("engine", "device", "threads")
        if getattr(arguments, key) is not None
    }
    return get_backbone(name, replace(default_compute(), **wishes))


def chosen_fusion(arguments: Namespace) -> Fusion | None:
    """Return what averages several looks at each pixel, if the options say so."""
    from ..fusion import TimeWindow, Triplanar

    if arguments.triplanar:
        return Triplanar()
    return None if arguments.time_window is None else TimeWindow(arguments.time_window)


def with_options(message: str) -> str:
    """Name the options of the command line where a message names the parameters of the API."""
    plain = message.replace("as voxel_size,", "as --voxel-size,").replace(
        "give axes, for example axes='", "give --axes, such as '"
    )
    return re.sub(r"\b(axes|dataset)='", r"--\1 '", plain)
