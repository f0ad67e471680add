"""The arguments of the commands and their help. Imports nothing heavy: help must come at once."""

from __future__ import annotations

import argparse
from importlib.metadata import version
from typing import Any, NoReturn

from .evaluate_arguments import add_evaluate
from .fit_arguments import add_fit
from .options import (
    add_command,
    backbone_options,
    common_options,
    computing_options,
    decision_weights_option,
    fusion_options,
    output_options,
    planes_option,
    reading_options,
)
from .sets import add_datasets
from .summary import add_summarise
from .values import count, one_or_two_numbers, positive


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"patchprobe: {message}. '{self.prog} --help' shows how to use it.\n")


def make_parser() -> argparse.ArgumentParser:
    """Build the parser of ``patchprobe``; ``arguments.command`` names a function of `commands`."""
    parser = _Parser(
        prog="patchprobe",
        description="Segment and align image stacks with frozen vision features.",
        epilog="'patchprobe COMMAND --help' shows the options and examples of a command.",
    )
    parser.add_argument("--version", action="version", version=f"patchprobe {version('patchprobe')}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_Parser)
    common = common_options()
    for add in (
        _demo,
        _info,
        _backbones,
        _samples,
        add_datasets,
        _embed,
        add_fit,
        _predict,
        _apply,
        _objects,
        add_summarise,
        _align,
        _carry,
        add_evaluate,
        _cache,
    ):
        add(commands, common)
    return parser


def _demo(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "demo",
        "segment and align a sample, or your own stack, from a few strokes",
        "demo\ndemo stack.tif\ndemo stack.tif --output demo_output",
    )
    parser.add_argument("path", nargs="?", help="image; a synthetic sample if not given")
    parser.add_argument(
        "--output", metavar="FOLDER", help="write pictures, metrics and the probe there and open no window"
    )
    window = parser.add_mutually_exclusive_group()
    window.add_argument("--window", action="store_true", default=None, help="open napari in any case")
    window.add_argument("--no-window", dest="window", action="store_false", help="never open napari")
    parser.add_argument("--seed", type=count, default=0, help="of sample and strokes (default: 0)")
    backbone_options(parser)
    reading_options(parser)


def _info(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "info",
        "show versions and backbones, or what an image file holds",
        "info\ninfo stack.tif\ninfo sample.h5 --dataset volumes/raw --json",
    )
    parser.add_argument("path", nargs="?", help="image")
    reading_options(parser)


def _backbones(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "backbones",
        "list backbones, or get the weights of some",
        "backbones\nbackbones get dinov2-small\nbackbones get hf:owner/name",
    )
    parser.add_argument("action", nargs="?", default="list", choices=("list", "get"), help="default: list")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="which to get; what an interrupted 'get' left is kept"
    )


def _samples(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "samples",
        "list synthetic samples, or write some with their truth",
        "samples\nsamples sections --n 10 --size 512 --output samples\nsamples em --n 4 --seed 7 --output em",
    )
    parser.add_argument("modality", nargs="?", help="'patchprobe samples' lists them")
    parser.add_argument("--n", type=positive, default=10, help="number of planes (default: 10)")
    parser.add_argument("--size", type=positive, default=256, help="side in pixels (default: 256)")
    parser.add_argument("--seed", type=count, default=0, help="equal seeds give equal images (default: 0)")
    parser.add_argument("--output", metavar="FOLDER", help="where to write them")


def _embed(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "embed",
        "write the features of a stack",
        "embed stack.tif --output features.zarr\n"
        "embed brain.nii.gz --planes 80-90 --orientation coronal --output features.zarr",
    )
    parser.add_argument("image", help="stack or single image")
    parser.add_argument("--output", required=True, metavar="STORE.zarr", help="Zarr store to write")
    backbone_options(parser)
    planes_option(parser)
    reading_options(parser)


def _predict(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "predict",
        "predict the classes of a stack with a saved probe",
        "predict stack.tif probe.safetensors --output labels.ome.tif\n"
        "predict brain.nii.gz probe.safetensors --triplanar --output labels.zarr\n"
        "predict movie.tif probe.safetensors --axes tyx --time-window 5 --output labels.ome.tif\n"
        "predict stack.tif probe.safetensors --probabilities --output probabilities.zarr",
    )
    parser.add_argument("image", help="stack or single image")
    parser.add_argument("probe", help="file that 'patchprobe fit' or the Probe widget saved")
    parser.add_argument("--output", required=True, metavar="FILE", help=".ome.tif, .tif, .zarr or .npy")
    parser.add_argument(
        "--probabilities", action="store_true", help="write the probability of each class instead of labels"
    )
    parser.add_argument(
        "--restart", action="store_true", help="begin anew where an interrupted run could go on"
    )
    fusion_options(parser)
    decision_weights_option(parser)
    computing_options(parser)
    planes_option(parser)
    reading_options(parser)


def _apply(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "apply",
        "predict every image of a folder with a saved probe; run again, it goes on where it was",
        "apply images probe.safetensors --output predictions\n"
        "apply images probe.safetensors --pattern '*_raw.tif' --suffix .ome.zarr --output predictions",
    )
    parser.add_argument("folder", help="folder whose images are predicted, each on its own")
    parser.add_argument("probe", help="file that 'patchprobe fit' or the Probe widget saved")
    parser.add_argument("--output", required=True, metavar="FOLDER", help="where to write the predictions")
    parser.add_argument("--pattern", default="*", help="names of the images (default: all that can be read)")
    parser.add_argument(
        "--suffix",
        default=".ome.tif",
        choices=(".ome.tif", ".tif", ".ome.zarr", ".zarr", ".npy"),
        help="format of the predictions (default: %(default)s)",
    )
    parser.add_argument(
        "--probabilities", action="store_true", help="write the probability of each class instead of labels"
    )
    parser.add_argument("--restart", action="store_true", help="predict again what is there already")
    fusion_options(parser)
    decision_weights_option(parser)
    computing_options(parser)
    reading_options(parser)


def _objects(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "objects",
        "find and measure the objects of a class",
        "objects stack.tif probe.safetensors --output objects.ome.tif --table objects.csv\n"
        "objects stack.tif probe.safetensors --class nucleus --split 30 --min-size 50 --output nuclei.zarr\n"
        "objects stack.tif labels.ome.tif --join-planes --physical --min-size 9000 --output o.ome.tif",
    )
    parser.add_argument("image", help="stack or single image, which is measured")
    parser.add_argument(
        "prediction", help="saved probe (.safetensors), or labels or probabilities that 'predict' wrote"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help=".ome.tif, .tif, .zarr or .npy")
    parser.add_argument("--table", metavar="FILE.csv", help="measurements, one line for each object")
    group = parser.add_argument_group("what is an object")
    group.add_argument(
        "--class", dest="object_class", default="2", metavar="CLASS", help="number or name (default: 2)"
    )
    group.add_argument("--threshold", type=float, metavar="P", help="default: where it is the most probable")
    for option, metavar, what in (
        ("--smoothing", "SIGMA", "of the probability, in its plane"),
        ("--fill-holes", "AREA", "fill holes up to this area"),
        ("--split", "WIDTH", "split touching objects, which are about so wide"),
        ("--min-size", "SIZE", "leave out objects below this area, or volume with --join-planes"),
    ):
        group.add_argument(option, type=float, default=0.0, metavar=metavar, help=what)
    group.add_argument("--physical", action="store_true", help="these four are in units of the voxel size")
    group.add_argument("--diagonal", action="store_true", help="pixels may touch by a corner")
    group.add_argument("--join-planes", action="store_true", help="objects go on through planes along z")
    decision_weights_option(parser)
    computing_options(parser)
    reading_options(parser)


def _align(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "align",
        "bring the sections of a stack into one frame",
        "align stack.tif --output aligned.tif\n"
        "align movie.tif --axes tyx --reference template --output aligned.ome.tif\n"
        "align brain.nii.gz --template atlas.nii.gz --model affine --output in_atlas.tif\n"
        "align sections.tif --reference neighbours --output aligned.tif\n"
        "align sections.tif --reference neighbours --model affine --max-rotation 180 --output aligned.tif\n"
        "align stack.tif --labels labels.tif --output aligned.tif",
    )
    parser.add_argument("stack", help="sections in order")
    parser.add_argument("--output", required=True, metavar="FILE", help=".ome.tif, .tif, .zarr or .npy")
    parser.add_argument("--transforms", metavar="FILE.json", help="default: beside the output")
    parser.add_argument("--labels", metavar="FILE", help="labels of the stack, to be moved along")
    parser.add_argument("--labels-output", metavar="FILE", help="default: beside the output")
    parser.add_argument(
        "--method",
        default="whole-shift",
        choices=("whole-shift", "median", "max-correlation"),
        help="default: %(default)s",
    )
    parser.add_argument(
        "--reference",
        default="previous",
        choices=("previous", "first", "neighbours", "template"),
        help="what sections are compared with; neighbours: several before, all placed at once; template: "
        "the mean of the others, for movies (default: %(default)s)",
    )
    parser.add_argument(
        "--template",
        metavar="FILE",
        help="align each plane with that of this file, such as an atlas, or with the one of the same number, "
        "in place of --reference; the result is in its frame",
    )
    parser.add_argument(
        "--neighbours", type=positive, default=3, metavar="N", help="how many before (default: %(default)s)"
    )
    parser.add_argument(
        "--anchor",
        type=count,
        metavar="N",
        help="with neighbours: the one that stays (default: the middle); with template: the frame that stays",
    )
    parser.add_argument(
        "--edited",
        metavar="FILE.json",
        help="alignment that the Align widget saved: its edits hold, its pairs are not compared again",
    )
    parser.add_argument(
        "--model",
        choices=("translation", "rigid", "similarity", "affine", "elastic"),
        help="what may lie between two sections, elastic only with --template (default: rigid with "
        "neighbours or --template, else translation)",
    )
    parser.add_argument("--max-shift", type=float, metavar="PX", help="largest shift between two sections")
    parser.add_argument(
        "--max-rotation",
        type=float,
        default=12.0,
        metavar="DEGREES",
        help="largest angle between two sections, to 180; not for translation (default: %(default)g)",
    )
    parser.add_argument("--flips", action="store_true", help="sections may lie on their face")
    parser.add_argument(
        "--apply-to",
        action="append",
        default=[],
        metavar="FILE",
        help="another stack of the same sections, such as a channel, to be moved along; repeat for several",
    )
    parser.add_argument("--union", action="store_true", help="the same as --output-box union")
    output_options(parser)
    backbone_options(parser)
    reading_options(parser)


def _carry(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "carry",
        "move other images, labels or points by the transforms that 'align' saved",
        "carry aligned_transforms.json channel2.tif --output channel2_aligned.tif\n"
        "carry aligned_transforms.json full_resolution.zarr --scale 4 --output full_aligned.zarr\n"
        "carry aligned_transforms.json labels.tif --labels --output labels_aligned.tif\n"
        "carry aligned_transforms.json points.csv --back --output points_on_sections.csv",
    )
    parser.add_argument(
        "alignment", help="transforms (.json) that 'patchprobe align' or the Align widget saved"
    )
    parser.add_argument(
        "file", help="stack of the same sections, or points (.csv with plane, y and x in pixels)"
    )
    parser.add_argument("--output", required=True, metavar="FILE", help=".ome.tif, .tif, .zarr, .npy or .csv")
    parser.add_argument(
        "--labels", action="store_true", help="whole numbers that must not be mixed: take the nearest"
    )
    parser.add_argument(
        "--interpolation",
        default="linear",
        choices=("linear", "cubic", "nearest"),
        help="between pixels (default: %(default)s)",
    )
    parser.add_argument(
        "--back", action="store_true", help="from the aligned frame to the sections as they were"
    )
    parser.add_argument(
        "--scale",
        type=one_or_two_numbers,
        metavar="K[,L]",
        help="the file has K times the resolution of what was aligned (K along y and L along x), and shows "
        "the same",
    )
    output_options(parser)
    reading_options(parser)


def _cache(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = add_command(
        commands,
        common,
        "cache",
        "show or clear the features of pretrained networks that are kept between runs",
        "cache info\ncache clear",
    )
    parser.add_argument("action", choices=("info", "clear"), help="what to do")
