"""``patchprobe summarise``: a movie as one plane."""

from __future__ import annotations

from argparse import Namespace

from .reading import load_image
from .terminal import Result, Terminal


def summarise(arguments: Namespace, terminal: Terminal) -> Result:
    """``patchprobe summarise``."""
    from ..io import save_stack
    from ..io.save import checked_target
    from ..preparation import SUMMARIES, summarise_movie

    target = checked_target(arguments.output)
    movie = load_image(arguments.movie, arguments, terminal)
    names = arguments.of or SUMMARIES
    with terminal.steps() as tell:
        summary = summarise_movie(movie, names, lambda done, total: tell("frames", done, total))
    path = save_stack(target, summary)
    terminal.say(f"{', '.join(names)} of {movie.shape[0]} frames: {path}")
    return {"output": str(path), "summaries": list(names), "frames": movie.shape[0]}
