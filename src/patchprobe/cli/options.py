"""Options that several commands share."""

from __future__ import annotations

import argparse
from typing import Any

from ..compute import DEVICES, ENGINES
from .values import class_weights, count, plane_list, positive


def common_options() -> argparse.ArgumentParser:
    """Options that every command has."""
    common = argparse.ArgumentParser(add_help=False)
    group = common.add_argument_group("output of the program")
    group.add_argument("--json", action="store_true", help="print one JSON object, for machines")
    group.add_argument("--quiet", action="store_true", help="no progress bars and no notes")
    group.add_argument("--debug", action="store_true", help="show where in the program an error arose")
    return common


def add_command(
    commands: Any, common: argparse.ArgumentParser, name: str, summary: str, examples: str
) -> Any:
    """Add a command with its summary and examples, one a line."""
    return commands.add_parser(
        name,
        parents=[common],
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog="examples:\n" + "\n".join(f"  patchprobe {line}" for line in examples.split("\n")),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def reading_options(parser: Any) -> None:
    """Add options that say how an image file is read."""
    group = parser.add_argument_group("reading of the image")
    group.add_argument("--axes", help="letters of the array's axes as stored, such as zyx or zcyx")
    group.add_argument("--voxel-size", metavar="SIZE", help="along the stack's axes, such as '50,4,4 nm'")
    group.add_argument("--dataset", help="which image of an HDF5 file, Zarr store or TIFF")
    group.add_argument("--orientation", choices=("axial", "coronal", "sagittal"), help="planes of NIfTI")
    group.add_argument("--channel", type=count, metavar="N", help="use one channel, counted from 0")


def backbone_options(parser: Any, default: str | None = "filters", words: str = "%(default)s") -> None:
    """Add the features, and how they are computed."""
    parser.add_argument(
        "--backbone",
        default=default,
        help=f"features; 'patchprobe backbones' lists them (default: {words})",
    )
    computing_options(parser)


def computing_options(parser: Any) -> None:
    """Add options that say how pretrained networks are computed."""
    group = parser.add_argument_group("computing of pretrained networks")
    group.add_argument("--engine", choices=ENGINES, help="default: the fastest that is installed")
    group.add_argument("--device", choices=DEVICES, help="default: a graphics card where there is one")
    group.add_argument("--threads", type=positive, metavar="N", help="default: as many as there are cores")


def planes_option(parser: Any) -> None:
    """Add the planes that are wanted."""
    parser.add_argument("--planes", type=plane_list, metavar="LIST", help="such as 0,3-5; default: all")


def decision_weights_option(parser: Any) -> None:
    """Add what multiplies the probabilities of classes."""
    parser.add_argument(
        "--decision-weights",
        type=class_weights,
        metavar="2=0.3,…",
        help="what multiplies the probability of a class; those saved with the probe if not given",
    )


def output_options(parser: Any) -> None:
    """Add options that say what is kept of the common frame of sections."""
    parser.add_argument(
        "--output-box",
        default="same",
        metavar="BOX",
        help="same (frame of the first section), union (all of every section), intersection (what every "
        "section covers) or top,left,height,width in pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--fill", type=float, default=0.0, metavar="VALUE", help="where a section does not reach (default: 0)"
    )


def fusion_options(parser: Any) -> None:
    """Add what averages several looks at each pixel."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--triplanar",
        action="store_true",
        help="average over planes of three orientations (volumes with nearly cubic voxels)",
    )
    group.add_argument(
        "--time-window",
        type=positive,
        metavar="N",
        help="average over N neighbouring frames of a movie, such as 5",
    )
