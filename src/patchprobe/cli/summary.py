"""``patchprobe summarise``: a movie as one plane."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_command, reading_options
from .reading import load_image
from .terminal import Result, Terminal


def add_summarise(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        common,
        "summarise",
        "bring a movie into one plane: what each pixel does over time",
        "summarise movie.tif --axes tyx --output summary.ome.tif\n"
        "summarise movie.tif --axes tyx --of mean,std,correlation --output summary.ome.tif",
    )
    parser.add_argument("movie", help="frames in order")
    parser.add_argument("--output", required=True, metavar="FILE", help=".ome.tif, .tif, .zarr or .npy")
    parser.add_argument(
        "--of",
        type=lambda text: [name.strip() for name in text.split(",")],
        metavar="A,B,…",
        help="channels, of mean, max, std and correlation (default: all four)",
    )
    reading_options(parser)


def summarise(arguments: argparse.Namespace, terminal: Terminal) -> Result:
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
