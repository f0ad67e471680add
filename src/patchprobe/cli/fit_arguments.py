"""The arguments of ``patchprobe fit``."""

from __future__ import annotations

import argparse
from typing import Any

from .options import add_command, backbone_options, reading_options
from .values import class_names, class_weights, count


def add_fit(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    parser = add_command(
        commands,
        common,
        "fit",
        "fit a probe on strokes or other label images",
        "fit stack.tif strokes.tif --output probe.safetensors\n"
        "fit stack.tif strokes.png --plane 3 --class-names background,membrane --output probe.safetensors\n"
        "fit a.tif a_strokes.tif b.tif b_strokes.tif --classifier best --output probe.safetensors\n"
        "fit c.tif c_strokes.tif --continue probe.safetensors --output probe.safetensors\n"
        "fit --project cells.json --output probe.safetensors",
    )
    parser.add_argument(
        "pairs",
        nargs="*",
        metavar="IMAGE LABELS",
        help="image and its labels: 0 unlabelled, classes 1, 2, …; of the whole stack or of one plane",
    )
    parser.add_argument(
        "--project",
        metavar="FILE.json",
        help="fit on the strokes of a project that the Probe widget saved, with its features and classes",
    )
    parser.add_argument("--output", required=True, metavar="PROBE.safetensors", help="file to write")
    parser.add_argument(
        "--plane",
        type=count,
        action="append",
        metavar="K",
        help="plane that a single label image is of; repeat for several pairs",
    )
    parser.add_argument("--class-names", type=class_names, metavar="A,B,…", help="names of classes 1, 2, …")
    parser.add_argument("--labels-dataset", metavar="KEY", help="which array of the label file")
    parser.add_argument(
        "--classifier",
        choices=("linear", "auto-context", "mlp", "forest", "boosting", "best"),
        help="'best' compares all by held-out strokes and takes the simplest of the best (default: linear)",
    )
    parser.add_argument(
        "--continue",
        dest="continued",
        metavar="PROBE.safetensors",
        help="go on from a saved probe, without the images that it was fitted on",
    )
    parser.add_argument(
        "--triplanar",
        action="store_true",
        help="also learn how the strokes look in planes of the two other orientations",
    )
    parser.add_argument(
        "--no-rows",
        action="store_true",
        help="save without training rows: a smaller file that cannot be continued",
    )
    parser.add_argument(
        "--decision-weights",
        type=lambda text: text if text == "suggest" else class_weights(text),
        metavar="2=0.3,…",
        help="what multiplies the probability of a class, for rare ones; 'suggest' needs no truth",
    )
    backbone_options(parser, None, "filters, or those of the probe that is continued")
    reading_options(parser)
